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
--     "Give the key back until somebody explains it: aws kms cancel-key-deletion --key-id KMS_KEY; aws kms enable-key --key-id KMS_KEY (imported material must be imported again)",
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
--     "Find what fails without the key: trailbrief query --last 24h \"SELECT eventtime, eventsource, useridentity.arn FROM events WHERE errormessage LIKE '%KMS_KEY%'\"",
--     "Look for other keys that the actor touched: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE eventsource = 'kms.amazonaws.com' AND readonly = 'false' AND useridentity.arn = 'ACTOR'\"",
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
