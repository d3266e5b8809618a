-- ---
-- id = "compute.build-project-changed"
-- title = "CodeBuild project got another source, role or credentials"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0001:T1195"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region} ({occurrences}×)"
-- description = "Leaves out calls that services make, such as deployments by CloudFormation."
-- benign = ["A developer changes the pipeline"]
-- steps = [
--     "Compare the project with its definition: aws codebuild batch-get-projects --names PROJECT",
--     "List the builds since then: aws codebuild list-builds-for-project --project-name PROJECT",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/codebuild/latest/userguide/change-project.html", "https://attack.mitre.org/techniques/T1195/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.projectName'),
            json_extract_scalar(requestparameters, '$.serverType'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'codebuild.amazonaws.com'
        AND eventname IN ('UpdateProject', 'ImportSourceCredentials', 'CreateWebhook', 'UpdateWebhook', 'StartBuild',
            'StartBuildBatch')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            eventname NOT IN ('StartBuild', 'StartBuildBatch')
            OR json_extract_scalar(requestparameters, '$.buildspecOverride') IS NOT NULL
            OR json_extract_scalar(requestparameters, '$.sourceLocationOverride') IS NOT NULL
            OR json_extract_scalar(requestparameters, '$.serviceRoleOverride') IS NOT NULL
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
