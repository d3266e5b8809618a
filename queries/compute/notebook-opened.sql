-- ---
-- id = "compute.notebook-opened"
-- title = "Notebook or development endpoint was opened or changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0002:T1059", "TA0004:T1078.004"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region} ({occurrences}×): who opens it acts with the role of the notebook"
-- description = "Covers SageMaker notebooks and their start scripts, and development endpoints of Glue."
-- benign = ["A data scientist works with their own notebook"]
-- steps = [
--     "Check whose notebook it is and which role it has: aws sagemaker describe-notebook-instance --notebook-instance-name NAME",
--     "List what that role did since then",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html", "https://attack.mitre.org/techniques/T1059/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.notebookInstanceName'),
            json_extract_scalar(requestparameters, '$.notebookInstanceLifecycleConfigName'),
            json_extract_scalar(requestparameters, '$.userProfileName'),
            json_extract_scalar(requestparameters, '$.domainId'),
            json_extract_scalar(requestparameters, '$.endpointName'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource IN ('sagemaker.amazonaws.com', 'glue.amazonaws.com')
        AND eventname IN ('CreatePresignedNotebookInstanceUrl', 'CreatePresignedDomainUrl',
            'CreateNotebookInstanceLifecycleConfig', 'UpdateNotebookInstanceLifecycleConfig',
            'CreateNotebookInstance', 'UpdateNotebookInstance', 'CreateDevEndpoint',
            'UpdateDevEndpoint')
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
