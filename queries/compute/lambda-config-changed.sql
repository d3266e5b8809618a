-- ---
-- id = "compute.lambda-config-changed"
-- title = "Lambda function got another role, layer or handler"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0002:T1648", "TA0003:T1525"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} changed the configuration of {resource} in {account_id}, {region} (role: {roles}; layers: {layers})"
-- description = "Leaves out changes of memory, time limit and environment alone. A layer can replace what the function runs without a change of its code."
-- benign = ["A pipeline deploys a new version"]
-- steps = [
--     "Check that the layers belong to you: the account id is in the ARN",
--     "Remove them: aws lambda update-function-configuration --function-name FUNCTION --layers",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html", "https://attack.mitre.org/techniques/T1648/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.functionArn'),
            json_extract_scalar(requestparameters, '$.functionName'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.role'),
            'unchanged') AS roles,
        COALESCE(json_format(json_extract(requestparameters, '$.layers')),
            'unchanged') AS layers
    FROM calls
    WHERE eventsource = 'lambda.amazonaws.com'
        AND eventname LIKE 'UpdateFunctionConfiguration%'
        AND errorcode IS NULL
        AND (
            json_extract_scalar(requestparameters, '$.role') IS NOT NULL
            OR json_extract_scalar(requestparameters, '$.handler') IS NOT NULL
            OR COALESCE(json_format(json_extract(requestparameters, '$.layers')), '[]') <> '[]'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT roles ORDER BY roles), 1, 20), ', ') AS roles,
    array_join(slice(array_agg(DISTINCT layers ORDER BY layers), 1, 20), ', ') AS layers, day
FROM found
GROUP BY account_id, region, actor, day
