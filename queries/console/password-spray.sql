-- ---
-- id = "console.password-spray"
-- title = "One address failed to sign in as many users"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1110.003"]
-- cis = ["4.6"]
-- about = ["source_ip", "day"]
-- replaces = ["console.login-failed"]
-- says = "{occurrences} sign-ins as {users} users from {source_ip} failed within an hour, in accounts {resource}"
-- description = "Counts in spans of an hour that begin every half hour, over all accounts, and reports the densest span of each address."
-- benign = ["Many people share one address, and a saved password is out of date"]
-- steps = [
--     "Look for a successful sign-in from the same address (console.success-after-failures)",
--     "Ask whose address it is; deny it if it is nobody's",
--     "Change the passwords of users that have no MFA",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1110/003/"]
-- [params.min_failures]
-- type = "integer"
-- default = 10
-- about = "Minimum number of failed sign-ins from one address within an hour"
-- [params.min_users]
-- type = "integer"
-- default = 5
-- about = "Minimum number of users among them; each name that does not exist counts"
-- ---
WITH failures AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id,
        CASE WHEN useridentity.username = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN eventid
            ELSE COALESCE(useridentity.username, useridentity.arn, 'unknown') END AS name,
        CAST(floor(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) / 1800) AS BIGINT) AS slot
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('ConsoleLogin', 'CredentialVerification')
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
            OR errormessage = 'Failed authentication'
            OR json_extract_scalar(serviceeventdetails, '$.CredentialVerification') = 'Failure'
        )
),
bursts AS (
    SELECT f.source_ip, f.slot - h.hop AS opening,
        ROW_NUMBER() OVER (
            PARTITION BY f.source_ip
            ORDER BY COUNT(DISTINCT f.event_id) DESC, f.slot - h.hop
        ) AS place
    FROM failures f
    CROSS JOIN (VALUES (0), (1)) AS h(hop)
    GROUP BY f.source_ip, f.slot - h.hop
    HAVING COUNT(DISTINCT f.event_id) >= :min_failures
        AND COUNT(DISTINCT f.name) >= :min_users
)
SELECT MIN(f.event_time) AS first_seen, MAX(f.event_time) AS last_seen,
    MIN(f.account_id) AS account_id,
    array_join(slice(array_agg(DISTINCT f.region ORDER BY f.region), 1, 20), ', ') AS region,
    f.source_ip AS actor,
    array_join(slice(array_agg(DISTINCT f.action ORDER BY f.action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT f.account_id ORDER BY f.account_id), 1, 20), ', ') AS resource,
    f.source_ip, COUNT(DISTINCT f.event_id) AS occurrences,
    slice(array_agg(DISTINCT f.event_id ORDER BY f.event_id), 1, 20) AS event_ids,
    substr(MIN(f.event_time), 1, 10) AS day, COUNT(DISTINCT f.name) AS users,
    COUNT(DISTINCT f.source_ip) AS addresses
FROM failures f
INNER JOIN bursts b
    ON b.source_ip = f.source_ip
WHERE b.place = 1
    AND f.slot BETWEEN b.opening AND b.opening + 1
GROUP BY f.source_ip
