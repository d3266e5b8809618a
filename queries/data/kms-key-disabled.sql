-- ---
-- id = "data.kms-key-disabled"
-- title = "KMS key was disabled or scheduled for deletion"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- cis = ["4.7"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} ran {action} on key {resource} in {account_id}, {region}"
-- benign = ["An application is being retired"]
-- steps = [
--     "Cancel the deletion or enable the key until somebody explains it",
--     "Find out what is encrypted with the key",
--     "Look for other keys that the actor touched",
-- ]
-- references = ["https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html", "https://attack.mitre.org/techniques/T1485/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(responseelements, '$.keyId'),
        json_extract_scalar(requestparameters, '$.keyId')) AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(requestparameters, '$.pendingWindowInDays') AS pending_days
FROM events
WHERE eventsource = 'kms.amazonaws.com'
    AND eventname IN ('DisableKey', 'ScheduleKeyDeletion', 'DeleteImportedKeyMaterial')
    AND errorcode IS NULL
