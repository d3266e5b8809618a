-- ---
-- id = "iam.root-brute-force"
-- title = "Many sign-ins as root failed within an hour"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1110.001"]
-- cis = ["4.6"]
-- about = ["account_id", "account_id", "day"]
-- replaces = ["iam.root-console-login-failed", "console.brute-force"]
-- says = "{occurrences} sign-ins as root of {account_id} failed within an hour, from {source_ip}"
-- description = "Counts in spans of an hour that begin every half hour, from all addresses."
-- benign = ["The owner forgot root's password"]
-- steps = [
--     "Look for a sign-in that worked, or a password recovery: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.type = 'Root'\"",
--     "Call the account's owner now, by telephone: are they trying to sign in? If not, renew the password and check the MFA device",
--     "In member accounts root needs no password at all: aws sts assume-root --target-principal ACCOUNT --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1110/001/"]
-- [params.min_failures]
-- type = "integer"
-- default = 5
-- about = "Minimum number of failed sign-ins as root of one account within an hour"
-- ---
WITH failures AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id,
        CASE WHEN useridentity.username = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN eventid
            ELSE COALESCE(useridentity.username, useridentity.arn, 'unknown') END AS name,
        CAST(floor(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) / 1800) AS BIGINT) AS slot
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname = 'ConsoleLogin'
        AND useridentity.type = 'Root'
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
            OR errormessage = 'Failed authentication'
        )
),
bursts AS (
    SELECT f.account_id, f.slot - h.hop AS opening,
        ROW_NUMBER() OVER (
            PARTITION BY f.account_id
            ORDER BY COUNT(DISTINCT f.event_id) DESC, f.slot - h.hop
        ) AS place
    FROM failures f
    CROSS JOIN (VALUES (0), (1)) AS h(hop)
    GROUP BY f.account_id, f.slot - h.hop
    HAVING COUNT(DISTINCT f.event_id) >= :min_failures
)
SELECT MIN(f.event_time) AS first_seen, MAX(f.event_time) AS last_seen, f.account_id,
    array_join(slice(array_agg(DISTINCT f.region ORDER BY f.region), 1, 20), ', ') AS region,
    MIN(f.actor) AS actor,
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
WHERE b.place = 1
    AND f.slot BETWEEN b.opening AND b.opening + 1
GROUP BY f.account_id
