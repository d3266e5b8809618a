-- ---
-- id = "iam.root-console-login-failed"
-- title = "Root user failed to sign in to the console"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1110"]
-- cis = ["4.6"]
-- about = ["account_id", "source_ip"]
-- replaces = ["console.login-failed"]
-- says = "root failed to sign in to {account_id} from {source_ip} ({occurrences}×)"
-- benign = ["The owner mistyped the password or the MFA code"]
-- steps = [
--     "Look for a sign-in that worked from the same address: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.type = 'Root'\"",
--     "Ask the account's owner whether they tried to sign in; if not, renew the password",
--     "Check that root has MFA: aws iam get-account-summary --query SummaryMap.AccountMFAEnabled",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1110/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(useridentity.arn, recipientaccountid, account) AS resource, source_ip, event_id,
        errormessage AS reason
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname = 'ConsoleLogin'
        AND useridentity.type = 'Root'
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
    array_join(slice(array_agg(DISTINCT reason ORDER BY reason), 1, 20), ', ') AS reasons
FROM found
GROUP BY account_id, actor, action, source_ip
