-- ---
-- id = "console.login-failed"
-- title = "Console sign-ins failed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0006:T1110"]
-- cis = ["4.6"]
-- about = ["account_id", "actor", "source_ip"]
-- says = "{actor} failed to sign in to {account_id} from {source_ip} ({occurrences}×)"
-- benign = ["The user mistyped the password", "The user entered an expired MFA code"]
-- steps = [
--     "Look for a successful sign-in from the same address",
--     "Ask the user, if the user exists",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1110/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        errormessage AS reason,
        CASE WHEN useridentity.username = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN 'no' ELSE 'yes' END AS user_exists
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname = 'ConsoleLogin'
        AND COALESCE(useridentity.type, 'unknown') <> 'Root'
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
            OR errormessage = 'Failed authentication'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor, action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource, source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    MIN(user_exists) AS user_exists,
    array_join(slice(array_agg(DISTINCT reason ORDER BY reason), 1, 20), ', ') AS reasons
FROM found
GROUP BY account_id, actor, action, source_ip
