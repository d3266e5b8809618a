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
-- description = "A key that is only disabled, or that a stack deletes, is high."
-- benign = ["An application is being retired"]
-- steps = [
--     "Cancel the deletion or enable the key until somebody explains it",
--     "Find out what is encrypted with the key",
--     "Look for other keys that the actor touched",
-- ]
-- references = ["https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html", "https://attack.mitre.org/techniques/T1485/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(responseelements, '$.keyId'),
        json_extract_scalar(requestparameters, '$.keyId')) AS resource,
    source_ip, event_id, json_extract_scalar(requestparameters, '$.pendingWindowInDays') AS pending_days,
    CASE WHEN eventname = 'DisableKey' OR useridentity.invokedby = 'cloudformation.amazonaws.com' THEN 'high' END
        AS severity
FROM calls
WHERE eventsource = 'kms.amazonaws.com'
    AND eventname IN ('DisableKey', 'ScheduleKeyDeletion', 'DeleteImportedKeyMaterial')
    AND errorcode IS NULL
