-- ---
-- id = "compute.build-project-public"
-- title = "Builds of a CodeBuild project were made public"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0010:T1567"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} made the builds of {resource} in {account_id}, {region} public: everybody can read their logs and artifacts"
-- benign = ["It is an open-source project"]
-- steps = [
--     "Make it private again: aws codebuild update-project-visibility --project-arn ARN --project-visibility PRIVATE",
--     "Rotate the secrets that appear in its logs",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/codebuild/latest/userguide/public-builds.html", "https://attack.mitre.org/techniques/T1567/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.projectArn'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'codebuild.amazonaws.com'
        AND eventname = 'UpdateProjectVisibility'
        AND errorcode IS NULL
        AND json_extract_scalar(requestparameters, '$.projectVisibility') = 'PUBLIC_READ'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
