-- ---
-- id = "logging.alarm-silenced"
-- title = "CloudWatch alarms were deleted or silenced"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}: those alarms no longer warn anybody"
-- description = "Leaves out alarms that automatic scaling manages, and calls that services make."
-- benign = ["An application is being retired with its alarms", "Alarms are muted during maintenance"]
-- steps = [
--     "Compare with the alarms that should exist: aws cloudwatch describe-alarms --query \"MetricAlarms[].[AlarmName,ActionsEnabled]\"",
--     "Enable them again: aws cloudwatch enable-alarm-actions --alarm-names NAME",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html", "https://attack.mitre.org/techniques/T1562/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.alarmNames')),
            json_extract_scalar(requestparameters, '$.alarmName'),
            json_extract_scalar(requestparameters, '$.name'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'monitoring.amazonaws.com'
        AND eventname IN ('DeleteAlarms', 'DisableAlarmActions', 'SetAlarmState', 'PutAlarmMuteRule')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND COALESCE(json_format(json_extract(requestparameters, '$.alarmNames')), '') NOT LIKE '%TargetTracking-%'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
