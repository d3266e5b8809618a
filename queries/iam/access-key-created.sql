-- ---
-- id = "iam.access-key-created"
-- title = "Access key was created"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "resource"]
-- says = "{actor} created an access key for {resource} in {account_id}"
-- benign = ["The user is rotating keys", "A pipeline is getting its first key"]
-- steps = [
--     "Ask the actor what the key is for",
--     "Delete the key if a role will do instead",
--     "List what the key has done since: filter by its id",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'),
        json_extract_scalar(responseelements, '$.accessKey.userName'), useridentity.username,
        useridentity.arn) AS resource,
    source_ip, event_id, json_extract_scalar(responseelements, '$.accessKey.accessKeyId') AS access_key,
    CASE WHEN COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username)
        IS DISTINCT FROM useridentity.username THEN 'yes' ELSE 'no' END AS for_another
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'CreateAccessKey'
    AND errorcode IS NULL
