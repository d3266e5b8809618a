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
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'),
        json_extract_scalar(responseelements, '$.accessKey.userName'), useridentity.username,
        useridentity.arn) AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(responseelements, '$.accessKey.accessKeyId') AS access_key,
    CASE WHEN COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username)
        IS DISTINCT FROM useridentity.username THEN 'yes' ELSE 'no' END AS for_another
FROM events
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'CreateAccessKey'
    AND errorcode IS NULL
