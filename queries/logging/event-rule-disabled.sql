-- ---
-- id = "logging.event-rule-disabled"
-- title = "EventBridge rule or schedule was disabled or deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}: what it forwarded or started no longer happens"
-- description = "Leaves out calls that services make, such as clean-up by CloudFormation."
-- benign = ["An application is being retired"]
-- steps = [
--     "Find out what the rule did: security alerts and remediation often hang on one rule",
--     "Enable it again: aws events enable-rule --name RULE",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.rule'),
            json_extract_scalar(requestparameters, '$.archiveName'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource IN ('events.amazonaws.com', 'scheduler.amazonaws.com')
        AND eventname IN ('DisableRule', 'DeleteRule', 'RemoveTargets', 'DeleteEventBus', 'DeleteArchive',
            'DeleteSchedule', 'UpdateSchedule')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            eventname <> 'UpdateSchedule'
            OR json_extract_scalar(requestparameters, '$.state') = 'DISABLED'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
