-- ---
-- id = "iam.root-console-login-no-mfa"
-- title = "Root user signed in to the console without MFA"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- cis = ["4.2", "4.3"]
-- about = ["account_id"]
-- replaces = ["iam.root-console-login"]
-- says = "root signed in to {account_id} from {source_ip} without MFA"
-- benign = ["The account is new and its root user has no MFA device yet"]
-- steps = [
--     "Call the account's owner now, by telephone: did they sign in?",
--     "If not, change the password before the thief does: recover root from a mailbox that you trust, renew its MFA device and delete its keys; for a member account, from the management account: aws sts assume-root --target-principal ACCOUNT --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
--     "Register an MFA device: IAM console as root, Security credentials",
--     "List every call of root since then: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.type = 'Root'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html", "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(useridentity.arn, recipientaccountid, account) AS resource, source_ip, event_id,
    json_extract_scalar(additionaleventdata, '$.MFAUsed') AS mfa_used, useragent AS user_agent
FROM calls
WHERE eventsource = 'signin.amazonaws.com'
    AND eventname = 'ConsoleLogin'
    AND useridentity.type = 'Root'
    AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
    AND lower(COALESCE(json_extract_scalar(additionaleventdata, '$.MFAUsed'), 'No')) <> 'yes'
