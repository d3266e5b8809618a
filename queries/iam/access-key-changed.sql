-- ---
-- id = "iam.access-key-changed"
-- title = "Access key was deleted, disabled or enabled"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1531"]
-- about = ["account_id", "resource"]
-- says = "{actor} ran {action} on access key {resource} of {user_name} in {account_id}"
-- benign = ["The user is rotating keys"]
-- steps = [
--     "If a disabled key was enabled again, ask why",
--     "If many keys were deleted or disabled at once, look for somebody locking others out",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1531/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    json_extract_scalar(requestparameters, '$.accessKeyId') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
        useridentity.arn) AS user_name,
    COALESCE(json_extract_scalar(requestparameters, '$.status'), 'Deleted') AS status
FROM events
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('DeleteAccessKey', 'UpdateAccessKey')
    AND errorcode IS NULL
