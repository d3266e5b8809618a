-- ---
-- id = "logging.cloudtrail-stopped"
-- title = "CloudTrail logging was stopped or a trail was deleted"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- cis = ["4.5"]
-- about = ["account_id", "resource", "actor"]
-- replaces = ["logging.cloudtrail-changed", "activity.resource-deletion"]
-- says = "{actor} ran {action} on {resource} in {account_id}: calls are no longer recorded there"
-- description = "Failed attempts are in logging.cloudtrail-stop-attempted."
-- benign = ["The organization trail is replacing this one"]
-- steps = [
--     "Start logging again: aws cloudtrail start-logging --name TRAIL, or create the trail anew",
--     "Stop the actor until it is explained: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "List what the actor did before: trailbrief query --last 24h \"SELECT eventtime, eventname FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.name'),
        json_extract_scalar(requestparameters, '$.eventDataStore'), 'unknown') AS resource,
    source_ip, event_id, COALESCE(errorcode, 'Success') AS outcome
FROM calls
WHERE eventsource = 'cloudtrail.amazonaws.com'
    AND eventname IN ('StopLogging', 'DeleteTrail', 'StopEventDataStoreIngestion', 'DeleteEventDataStore')
    AND errorcode IS NULL
