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
--     "Ask the account's owner whether they did it",
--     "Delete root access keys: nothing needs them",
--     "List every call that root made before and after this one",
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
