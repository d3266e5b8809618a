-- ---
-- id = "data.deletion-protection-off"
-- title = "Deletion protection or backups of a database were switched off"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1490"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} switched off what keeps {resource} in {account_id}, {region} from being lost ({action}, {occurrences}×)"
-- description = "Covers deletion protection of RDS, Aurora, DynamoDB and stacks (machines are in compute.termination-protection-changed), automated backups of RDS, and point-in-time recovery of DynamoDB; one finding per actor and day. Stacks that do it are left out. The deletion itself is in data.database-deleted."
-- benign = ["The database or stack is about to be retired"]
-- steps = [
--     "Switch it on again: aws rds modify-db-instance --db-instance-identifier IDENTIFIER --deletion-protection --backup-retention-period DAYS --apply-immediately; aws dynamodb update-continuous-backups --table-name TABLE --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
--     "Switching automated backups off deletes those that exist: look for manual snapshots",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html", "https://attack.mitre.org/techniques/T1490/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterIdentifier'),
            json_extract_scalar(requestparameters, '$.globalClusterIdentifier'),
            json_extract_scalar(requestparameters, '$.clusterIdentifier'),
            json_extract_scalar(requestparameters, '$.tableName'),
            json_extract_scalar(requestparameters, '$.stackName'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('rds.amazonaws.com', 'dynamodb.amazonaws.com', 'cloudformation.amazonaws.com')
        AND eventname IN ('ModifyDBInstance', 'ModifyDBCluster', 'ModifyGlobalCluster', 'UpdateTable',
            'UpdateContinuousBackups', 'UpdateTerminationProtection')
        AND errorcode IS NULL
        AND (
            json_extract_scalar(requestparameters, '$.deletionProtection') = 'false'
            OR json_extract_scalar(requestparameters, '$.deletionProtectionEnabled') = 'false'
            OR json_extract_scalar(requestparameters, '$.enableTerminationProtection') = 'false'
            OR TRY_CAST(json_extract_scalar(requestparameters, '$.backupRetentionPeriod') AS BIGINT) = 0
            OR json_extract_scalar(requestparameters,
                '$.pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled') = 'false'
        )
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
