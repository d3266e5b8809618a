-- ---
-- id = "logging.flow-logs-deleted"
-- title = "VPC flow logs were deleted"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} deleted VPC flow logs {resource} in {account_id}, {region}: traffic there is no longer recorded"
-- benign = ["The VPC itself is being removed by a deployment"]
-- steps = [
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Create them again: aws ec2 create-flow-logs --resource-type VPC --resource-ids VPC --traffic-type ALL --log-destination-type s3 --log-destination BUCKET_ARN",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.DeleteFlowLogsRequest.FlowLogId.content'),
            json_format(json_extract(requestparameters, '$.DeleteFlowLogsRequest.FlowLogId')),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname = 'DeleteFlowLogs'
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
