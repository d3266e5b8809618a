-- ---
-- id = "console.several-networks"
-- title = "User signed in from several networks within half an hour"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} signed in to {account_id} from {networks} networks within half an hour: {source_ip}"
-- description = "Counts in spans of half an hour that begin every quarter. A network is the first half of an IPv4 address, or the first two groups of an IPv6 address."
-- benign = ["The user changed from the office to a VPN or a telephone"]
-- steps = [
--     "Ask the user whether all of the addresses are theirs",
--     "If not: end the sessions, change the password and look at what each address did",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- [params.min_networks]
-- type = "integer"
-- default = 2
-- about = "Minimum number of networks within half an hour"
-- ---
WITH logins AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id,
        CAST(floor(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) / 900) AS BIGINT) AS slot,
        regexp_extract(sourceipaddress, '^([0-9]+[.][0-9]+[.]|[0-9a-f]+:[0-9a-f]*:)') AS network
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('ConsoleLogin', 'UserAuthentication')
        AND useridentity.type <> 'AssumedRole'
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
            OR json_extract_scalar(serviceeventdetails, '$.UserAuthentication') = 'Success'
        )
),
spans AS (
    SELECT l.account_id, l.actor, l.slot - h.hop AS opening,
        ROW_NUMBER() OVER (
            PARTITION BY l.account_id, l.actor
            ORDER BY COUNT(DISTINCT l.network) DESC, l.slot - h.hop
        ) AS place
    FROM logins l
    CROSS JOIN (VALUES (0), (1)) AS h(hop)
    GROUP BY l.account_id, l.actor, l.slot - h.hop
    HAVING COUNT(DISTINCT l.network) >= :min_networks
)
SELECT MIN(l.event_time) AS first_seen, MAX(l.event_time) AS last_seen, l.account_id,
    array_join(slice(array_agg(DISTINCT l.region ORDER BY l.region), 1, 20), ', ') AS region, l.actor,
    array_join(slice(array_agg(DISTINCT l.action ORDER BY l.action), 1, 20), ', ') AS action,
    l.account_id AS resource,
    array_join(slice(array_agg(DISTINCT l.source_ip ORDER BY l.source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT l.event_id) AS occurrences,
    slice(array_agg(DISTINCT l.event_id ORDER BY l.event_id), 1, 20) AS event_ids,
    substr(MIN(l.event_time), 1, 10) AS day, COUNT(DISTINCT l.network) AS networks
FROM logins l
INNER JOIN spans s
    ON s.account_id = l.account_id
    AND s.actor = l.actor
WHERE s.place = 1
    AND l.slot BETWEEN s.opening AND s.opening + 1
GROUP BY l.account_id, l.actor
