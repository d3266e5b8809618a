-- ---
-- id = "iam.access-key-enabled"
-- title = "Disabled access key was enabled again"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "resource"]
-- says = "{actor} enabled access key {resource} of {user_name} in {account_id} again"
-- benign = ["A rotation went wrong and the old key is needed for a day"]
-- steps = [
--     "aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, if nobody needs it",
--     "Find out why it was disabled: a leaked key is never enabled again",
--     "List what the key has done since then",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.accessKeyId'), 'unknown') AS resource, source_ip,
    event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
        useridentity.arn) AS user_name
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'UpdateAccessKey'
    AND json_extract_scalar(requestparameters, '$.status') = 'Active'
    AND errorcode IS NULL
