-- ---
-- id = "compute.lambda-code-updated"
-- title = "Code of Lambda functions was replaced"
-- severity = "medium"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0002:T1648"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} replaced the code of {functions} functions in {account_id} ({resource}; by a person: {by_person})"
-- description = "One finding per actor and day: a pipeline that deploys twenty functions is one finding."
-- benign = ["A pipeline is deploying a new version"]
-- steps = [
--     "If a person did it, find out why they went past the pipeline",
--     "Compare code_sha256 with the latest build: aws lambda get-function --function-name FUNCTION --query Configuration.CodeSha256",
--     "Check which role the function runs as",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html", "https://attack.mitre.org/techniques/T1648/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.functionArn'),
            json_extract_scalar(requestparameters, '$.functionName'),
            'unknown') AS resource,
        source_ip, event_id, json_extract_scalar(responseelements, '$.codeSha256') AS code_sha256,
        json_extract_scalar(responseelements, '$.role') AS function_role,
        CASE
            WHEN useridentity.type IN ('Root', 'IAMUser', 'IdentityCenterUser')
                OR useridentity.sessioncontext.sessionissuer.arn LIKE '%/AWSReservedSSO%'
                OR sessioncredentialfromconsole = 'true' THEN 'yes'
            ELSE 'no'
        END AS by_person
    FROM calls
    WHERE eventsource = 'lambda.amazonaws.com'
        AND eventname LIKE 'UpdateFunctionCode%'
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.dryRun'), 'false') <> 'true'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS functions,
    array_join(slice(array_agg(DISTINCT code_sha256 ORDER BY code_sha256), 1, 20), ', ') AS code_sha256,
    array_join(slice(array_agg(DISTINCT function_role ORDER BY function_role), 1, 20), ', ') AS function_role,
    array_join(slice(array_agg(DISTINCT by_person ORDER BY by_person), 1, 20), ', ') AS by_person, day
FROM found
GROUP BY account_id, actor, day
