-- ---
-- id = "iam.access-key-for-another"
-- title = "Access key was created for another user"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "resource"]
-- says = "{actor} created access key {access_key} for user {resource} in {account_id}"
-- benign = ["A pipeline or an administrator is setting up a technical user"]
-- steps = [
--     "aws iam update-access-key --user-name {resource} --access-key-id {access_key} --status Inactive",
--     "Ask the actor and the owner of {resource}; delete the key if they do not know each other's reason",
--     "List what the key has done since, and what else the actor did around that time",
--     "If the actor explains nothing, deactivate its key or revoke its sessions",
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
    json_extract_scalar(requestparameters, '$.userName') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(responseelements, '$.accessKey.accessKeyId') AS access_key
FROM events
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'CreateAccessKey'
    AND errorcode IS NULL
    AND json_extract_scalar(requestparameters, '$.userName') <> COALESCE(useridentity.username, '')
    AND json_extract_scalar(requestparameters, '$.userName')
        <> COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), '')
