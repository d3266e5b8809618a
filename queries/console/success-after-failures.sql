-- ---
-- id = "console.success-after-failures"
-- title = "Sign-in worked after many failures"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004", "TA0006:T1110"]
-- cis = ["4.6"]
-- about = ["account_id", "actor", "source_ip"]
-- replaces = ["console.login-success"]
-- says = "{actor} signed in to {account_id} from {source_ip}; in the hour before, the user failed {failures} times and {other_users} other users failed at that address"
-- description = "Looks one hour back from the sign-in."
-- benign = ["The user remembered the password in the end"]
-- steps = [
--     "Ask the user, over another channel, whether they signed in; if not: aws iam delete-login-profile --user-name USER, or reset the password and end the sessions in Identity Center",
--     "List what the user did since the sign-in, first of all new keys, users and policies: trailbrief query --last 24h \"SELECT eventtime, eventname FROM events WHERE readonly = 'false' AND useridentity.arn = 'ACTOR'\"",
--     "Check whether the failures came from the address that got in: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, errormessage FROM events WHERE eventname = 'ConsoleLogin'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- lookback = "1h"
-- [params.min_failures]
-- type = "integer"
-- default = 5
-- about = "Minimum number of failures of the same user within the hour before"
-- [params.min_users]
-- type = "integer"
-- default = 5
-- about = "Or: minimum number of other users that failed at the same address within the hour before"
-- ---
WITH failures AS (
    SELECT account_id, COALESCE(useridentity.username, useridentity.arn, 'unknown') AS name,
        CASE WHEN useridentity.username = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN eventid
            ELSE COALESCE(useridentity.username, useridentity.arn, 'unknown') END AS person,
        source_ip, event_id, to_unixtime(TRY(from_iso8601_timestamp(eventtime))) AS seconds
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('ConsoleLogin', 'CredentialVerification')
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
            OR errormessage = 'Failed authentication'
            OR json_extract_scalar(serviceeventdetails, '$.CredentialVerification') = 'Failure'
        )
    UNION ALL
    SELECT account_id, COALESCE(useridentity.username, useridentity.arn, 'unknown') AS name,
        CASE WHEN useridentity.username = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN eventid
            ELSE COALESCE(useridentity.username, useridentity.arn, 'unknown') END AS person,
        source_ip, event_id, to_unixtime(TRY(from_iso8601_timestamp(eventtime))) AS seconds
    FROM past_calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('ConsoleLogin', 'CredentialVerification')
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
            OR errormessage = 'Failed authentication'
            OR json_extract_scalar(serviceeventdetails, '$.CredentialVerification') = 'Failure'
        )
),
logins AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id,
        COALESCE(useridentity.username, useridentity.arn, 'unknown') AS name,
        to_unixtime(TRY(from_iso8601_timestamp(eventtime))) AS seconds
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('ConsoleLogin', 'UserAuthentication')
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
            OR json_extract_scalar(serviceeventdetails, '$.UserAuthentication') = 'Success'
        )
),
counts AS (
    SELECT l.event_id, COUNT(DISTINCT CASE WHEN f.name = l.name THEN f.event_id END) AS failures,
        COUNT(DISTINCT CASE WHEN f.name <> l.name AND f.source_ip = l.source_ip THEN f.person END) AS other_users
    FROM logins l
    INNER JOIN failures f ON f.account_id = l.account_id
    WHERE f.seconds BETWEEN l.seconds - 3600 AND l.seconds
    GROUP BY l.event_id
)
SELECT l.event_time, l.account_id, l.region, l.actor, l.action, l.account_id AS resource, l.source_ip,
    l.event_id, b.failures, b.other_users
FROM logins l
INNER JOIN counts b ON b.event_id = l.event_id
WHERE b.failures >= :min_failures
    OR b.other_users >= :min_users
