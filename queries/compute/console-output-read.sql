-- ---
-- id = "compute.console-output-read"
-- title = "Screens or boot logs of instances were read"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0007:T1580"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} for {resource} in {account_id}, {region} ({occurrences}×)"
-- benign = ["An operator looks why an instance does not start"]
-- steps = [
--     "Check what the screens show: boot logs may hold passwords",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshoot-unreachable-instance.html", "https://attack.mitre.org/techniques/T1580/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.GetConsoleScreenshotRequest.InstanceId'),
            json_extract_scalar(requestparameters, '$.instanceId'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('GetConsoleScreenshot', 'GetConsoleOutput')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
