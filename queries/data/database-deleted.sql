-- ---
-- id = "data.database-deleted"
-- title = "Databases were deleted"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted databases in {account_id}, {region} ({action}, {occurrences}×): {resource}"
-- description = "Covers RDS, Aurora, Redshift and DynamoDB; one finding per actor and day. Databases of RDS and Redshift without a final snapshot are in data.database-deleted-without-snapshot as well. What stacks and services delete is left out."
-- benign = ["A system is being retired", "Infrastructure is being torn down"]
-- steps = [
--     "Check that a snapshot is left: aws rds describe-db-snapshots; aws dynamodb list-backups",
--     "If it was a mistake, restore it from there",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html", "https://attack.mitre.org/techniques/T1485/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterIdentifier'),
            json_extract_scalar(requestparameters, '$.globalClusterIdentifier'),
            json_extract_scalar(requestparameters, '$.clusterIdentifier'),
            json_extract_scalar(requestparameters, '$.tableName'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('rds.amazonaws.com', 'redshift.amazonaws.com', 'dynamodb.amazonaws.com')
        AND eventname IN ('DeleteDBInstance', 'DeleteDBCluster', 'DeleteGlobalCluster', 'DeleteCluster', 'DeleteTable')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
