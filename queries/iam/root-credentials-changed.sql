-- ---
-- id = "iam.root-credentials-changed"
-- title = "Password or access key of the root user was created or changed"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001", "TA0003:T1098"]
-- about = ["account_id"]
-- replaces = ["iam.root-api-activity", "iam.access-key-created", "iam.access-key-changed", "iam.login-profile-created", "iam.login-profile-updated"]
-- says = "root ran {action} in {account_id} from {source_ip}"
-- benign = ["The owner is changing the root password on schedule"]
-- steps = [
--     "Call the account's owner now, by telephone: did they do it?",
--     "If nobody planned it, recover root from a mailbox that you trust, renew its MFA device and delete its keys; for a member account, from the management account: aws sts assume-root --target-principal ACCOUNT --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
--     "Delete root's access keys in any case, nothing needs them (as root: aws iam delete-access-key --access-key-id KEY)",
--     "List every call of root: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.type = 'Root'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(responseelements, '$.accessKey.accessKeyId'),
        json_extract_scalar(requestparameters, '$.accessKeyId'), useridentity.arn) AS resource,
    source_ip, event_id, useragent AS user_agent
FROM calls
WHERE useridentity.type = 'Root'
    AND errorcode IS NULL
    AND (
        (
            eventsource = 'signin.amazonaws.com'
            AND eventname IN ('PasswordUpdated', 'EmailUpdated')
            AND COALESCE(json_extract_scalar(responseelements, '$.PasswordUpdated'),
                json_extract_scalar(responseelements, '$.EmailUpdated'), 'Success') = 'Success'
        )
        OR (
            eventsource = 'iam.amazonaws.com'
            AND eventname IN ('CreateAccessKey', 'UpdateAccessKey')
            AND json_extract_scalar(requestparameters, '$.userName') IS NULL
        )
    )
