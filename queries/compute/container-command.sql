-- ---
-- id = "compute.container-command"
-- title = "Commands were run inside ECS containers"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0002:T1609"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {commands} in {resource} in {account_id}, {region} ({occurrences}×)"
-- benign = ["A developer debugs a service"]
-- steps = [
--     "If nobody expects it, stop the task: aws ecs stop-task --cluster CLUSTER --task TASK",
--     "Read the log of the session, and rotate what the task's role and environment hold",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html", "https://attack.mitre.org/techniques/T1609/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.task'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.command'),
            'a command') AS commands
    FROM calls
    WHERE eventsource = 'ecs.amazonaws.com'
        AND eventname = 'ExecuteCommand'
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT commands ORDER BY commands), 1, 20), ', ') AS commands, day
FROM found
GROUP BY account_id, region, actor, day
