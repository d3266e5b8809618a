-- ---
-- id = "ai.model-access-requested"
-- title = "Access to models was asked for or capacity was bought"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496.004"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} ({resource}) in {account_id}, {region} ({outcomes})"
-- description = "Any outcome. Leaves out calls that services make."
-- benign = ["A team begins to use a model"]
-- steps = [
--     "If nobody expects it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Look for calls to models: trailbrief query --last 24h \"SELECT useridentity.arn, eventname, count(*) FROM events WHERE eventsource = 'bedrock.amazonaws.com' GROUP BY 1, 2\"",
-- ]
-- references = ["https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html", "https://attack.mitre.org/techniques/T1496/004/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.modelId'),
            json_extract_scalar(requestparameters, '$.jobName'),
            json_extract_scalar(requestparameters, '$.provisionedModelName'),
            json_extract_scalar(requestparameters, '$.modelSourceIdentifier'),
            'all models',
            'unknown') AS resource,
        source_ip, event_id, COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'bedrock.amazonaws.com'
        AND eventname IN ('PutUseCaseForModelAccess', 'PutFoundationModelEntitlement',
            'CreateFoundationModelAgreement', 'CreateModelImportJob', 'CreateMarketplaceModelEndpoint',
            'CreateProvisionedModelThroughput')
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
