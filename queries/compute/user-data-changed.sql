-- ---
-- id = "compute.user-data-changed"
-- title = "Start script of an instance was changed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0002:T1059"]
-- about = ["account_id", "region", "actor", "day"]
-- attempts = "lower"
-- replaces = ["attempts.machines"]
-- says = "{actor} changed the user data of {resource} in {account_id}, {region} ({outcome}): it runs as root at the next start"
-- description = "An attempt that was denied is one severity lower."
-- benign = ["A deployment replaces the start script of a stopped instance"]
-- steps = [
--     "Read it before the instance starts: aws ec2 describe-instance-attribute --instance-id INSTANCE --attribute userData",
--     "If nobody expects it, keep the instance stopped and revoke the sessions of its role",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html", "https://attack.mitre.org/techniques/T1059/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.instanceId'), 'unknown') AS resource,
        source_ip, event_id, outcome
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname = 'ModifyInstanceAttribute'
        AND outcome <> 'failed'
        AND (
            json_extract(requestparameters, '$.userData') IS NOT NULL
            OR json_extract_scalar(requestparameters, '$.attribute') = 'userData'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day, MAX(outcome) AS outcome
FROM found
GROUP BY account_id, region, actor, day
