-- ---
-- id = "compute.ssm-session"
-- title = "Shell sessions on instances were opened through Systems Manager"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0008:T1021.007"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region} ({occurrences}×, {outcomes})"
-- description = "Any outcome. The commands of a session are in its own log, if logging is set up."
-- benign = ["Operators log in this way"]
-- steps = [
--     "If nobody expects it, end it: aws ssm terminate-session --session-id SESSION",
--     "Read the log of the session in S3 or CloudWatch Logs",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html", "https://attack.mitre.org/techniques/T1021/007/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.target'),
            json_extract_scalar(requestparameters, '$.sessionId'),
            'unknown') AS resource,
        source_ip, event_id, COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'ssm.amazonaws.com'
        AND eventname IN ('StartSession', 'ResumeSession')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, day
FROM found
GROUP BY account_id, region, actor, day
