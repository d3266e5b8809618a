-- ---
-- id = "console.brute-force"
-- title = "Many sign-ins of one user failed within minutes"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1110.001"]
-- cis = ["4.6"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["console.login-failed"]
-- says = "{occurrences} sign-ins as {actor} to {account_id} failed within ten minutes, from {addresses} addresses"
-- description = "Counts in ten-minute spans that begin every five minutes, and reports the densest span of each user."
-- benign = ["The user forgot the password", "A saved password is out of date"]
-- steps = [
--     "Look for a successful sign-in of the user (console.success-after-failures)",
--     "Ask the user; change the password if the attempts are not theirs",
--     "Check that the user has MFA, and deny sign-ins from the address by a policy condition if they go on",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1110/001/"]
-- [params.min_failures]
-- type = "integer"
-- default = 6
-- about = "Minimum number of failed sign-ins of one user within ten minutes"
-- ---
WITH failures AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id,
        CASE WHEN useridentity.username = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN eventid
            ELSE COALESCE(useridentity.username, useridentity.arn, 'unknown') END AS name,
        CAST(floor(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) / 300) AS BIGINT) AS slot
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('ConsoleLogin', 'CredentialVerification')
        AND useridentity.type <> 'Root'
        AND COALESCE(useridentity.username, '') <> 'HIDDEN_DUE_TO_SECURITY_REASONS'
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
            OR errormessage = 'Failed authentication'
            OR json_extract_scalar(serviceeventdetails, '$.CredentialVerification') = 'Failure'
        )
),
bursts AS (
    SELECT f.account_id, f.actor, f.slot - h.hop AS opening,
        ROW_NUMBER() OVER (
            PARTITION BY f.account_id, f.actor
            ORDER BY COUNT(DISTINCT f.event_id) DESC, f.slot - h.hop
        ) AS place
    FROM failures f
    CROSS JOIN (VALUES (0), (1)) AS h(hop)
    GROUP BY f.account_id, f.actor, f.slot - h.hop
    HAVING COUNT(DISTINCT f.event_id) >= :min_failures
)
SELECT MIN(f.event_time) AS first_seen, MAX(f.event_time) AS last_seen, f.account_id,
    array_join(slice(array_agg(DISTINCT f.region ORDER BY f.region), 1, 20), ', ') AS region, f.actor,
    array_join(slice(array_agg(DISTINCT f.action ORDER BY f.action), 1, 20), ', ') AS action,
    f.account_id AS resource,
    array_join(slice(array_agg(DISTINCT f.source_ip ORDER BY f.source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT f.event_id) AS occurrences,
    slice(array_agg(DISTINCT f.event_id ORDER BY f.event_id), 1, 20) AS event_ids,
    substr(MIN(f.event_time), 1, 10) AS day, COUNT(DISTINCT f.name) AS users,
    COUNT(DISTINCT f.source_ip) AS addresses
FROM failures f
INNER JOIN bursts b
    ON b.account_id = f.account_id
    AND b.actor = f.actor
WHERE b.place = 1
    AND f.slot BETWEEN b.opening AND b.opening + 1
GROUP BY f.account_id, f.actor
