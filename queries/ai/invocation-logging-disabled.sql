-- ---
-- id = "ai.invocation-logging-disabled"
-- title = "Logging of Bedrock model calls was switched off or changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} in {account_id}, {region}: prompts and answers are no longer logged as before"
-- benign = ["The logs go to another bucket from now on"]
-- steps = [
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Compare with the baseline: aws bedrock get-model-invocation-logging-configuration",
--     "List the model calls: trailbrief query --last 24h \"SELECT eventname, useridentity.arn, count(*) FROM events WHERE eventsource = 'bedrock.amazonaws.com' GROUP BY 1, 2\"",
-- ]
-- references = ["https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.loggingConfig.s3Config.bucketName'),
            json_extract_scalar(requestparameters, '$.loggingConfig.cloudWatchConfig.logGroupName'),
            'none',
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'bedrock.amazonaws.com'
        AND eventname IN ('DeleteModelInvocationLoggingConfiguration', 'PutModelInvocationLoggingConfiguration')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
