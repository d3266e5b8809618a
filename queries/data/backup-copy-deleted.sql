-- ---
-- id = "data.backup-copy-deleted"
-- title = "Backups of databases were deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1490"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted backups of databases in {account_id}, {region} ({action}, {occurrences}×): {resource}"
-- description = "Covers manual snapshots and automated backups of RDS, Aurora, Redshift, DynamoDB and FSx; one finding per actor and day. What AWS deletes after its time is left out. Many deletions within an hour are in data.storage-deleted-in-bulk."
-- benign = ["Somebody clears old snapshots"]
-- steps = [
--     "Check that newer copies are left: aws rds describe-db-snapshots; aws dynamodb list-backups",
--     "See whether the database itself was deleted too: data.database-deleted",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteSnapshot.html", "https://attack.mitre.org/techniques/T1490/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.dBSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.dbiResourceId'),
            json_extract_scalar(requestparameters, '$.snapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.backupArn'),
            json_extract_scalar(requestparameters, '$.backupId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('rds.amazonaws.com', 'redshift.amazonaws.com', 'dynamodb.amazonaws.com',
            'fsx.amazonaws.com')
        AND eventname IN ('DeleteDBSnapshot', 'DeleteDBClusterSnapshot', 'DeleteDBInstanceAutomatedBackup',
            'DeleteDBClusterAutomatedBackup', 'DeleteClusterSnapshot', 'BatchDeleteClusterSnapshots', 'DeleteBackup')
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
