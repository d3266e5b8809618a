-- ---
-- id = "logging.config-stopped"
-- title = "AWS Config recorder or delivery channel was stopped or deleted"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- cis = ["4.9"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}"
-- benign = ["AWS Config is being moved to another account or Region"]
-- steps = [
--     "Start the recorder again: aws configservice start-configuration-recorder --configuration-recorder-name default",
--     "List what the actor did while nothing was recorded: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
-- ]
-- references = ["https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.configurationRecorderName'),
        json_extract_scalar(requestparameters, '$.deliveryChannelName'), 'unknown') AS resource,
    source_ip, event_id, useragent AS user_agent
FROM calls
WHERE eventsource = 'config.amazonaws.com'
    AND eventname IN ('StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDeliveryChannel')
    AND errorcode IS NULL
