-- ---
-- id = "ai.models-called-by-key"
-- title = "Several models were called or tried with a long-lived key"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496.004"]
-- about = ["account_id", "actor", "day"]
-- align = "1d"
-- says = "{actor} called {models} models of Bedrock with a long-lived key in {account_id} ({occurrences}×, {outcomes})"
-- description = "Any outcome, from min_models different models, or min_failed failed calls, on one UTC day. Stolen keys are tried out in this way before they are sold. Sessions of roles are left out."
-- benign = ["A developer compares models with the key of a user"]
-- steps = [
--     "Stop the key if nobody can explain it: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Estimate the cost: aws ce get-cost-and-usage, by the service Bedrock",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html", "https://attack.mitre.org/techniques/T1496/004/"]
-- [params.min_models]
-- type = "integer"
-- default = 3
-- about = "Minimum number of different models called"
-- [params.min_failed]
-- type = "integer"
-- default = 3
-- about = "Minimum number of failed calls"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.modelId'),
            'unknown model',
            'unknown') AS resource,
        source_ip, event_id, COALESCE(errorcode, 'allowed') AS outcomes,
        CASE WHEN errorcode IS NOT NULL THEN 1 ELSE 0 END AS failed
    FROM calls
    WHERE eventsource = 'bedrock.amazonaws.com'
        AND eventname IN ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND useridentity.accesskeyid LIKE 'AKIA%'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS models,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, day
FROM found
GROUP BY account_id, actor, day
HAVING COUNT(DISTINCT resource) >= :min_models
    OR SUM(failed) >= :min_failed
