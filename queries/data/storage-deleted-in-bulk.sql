-- ---
-- id = "data.storage-deleted-in-bulk"
-- title = "Many snapshots, volumes or file systems were deleted within an hour"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "hour"]
-- align = "1h"
-- says = "{actor} deleted {occurrences} snapshots, images, volumes, file systems or backups in {account_id} within an hour ({action})"
-- description = "Counts by the hour of the clock. Leaves out what AWS Backup, lifecycle policies and stacks delete."
-- benign = ["Somebody or a script clears old snapshots", "A test environment is being torn down"]
-- steps = [
--     "Stop the actor first, copies may be left: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Look into the recycle bin: aws ec2 list-snapshots-in-recycle-bin; aws ec2 list-images-in-recycle-bin; aws ec2 list-volumes-in-recycle-bin",
--     "List what is gone: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE eventname LIKE 'Delete%' AND useridentity.arn = 'ACTOR'\"",
--     "Raise min_deleted, or suppress the actor, if a script clears snapshots like this",
-- ]
-- references = ["https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html", "https://attack.mitre.org/techniques/T1485/"]
-- [params.min_deleted]
-- type = "integer"
-- default = 10
-- about = "Minimum number of deletions per actor and hour"
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.snapshotId'),
            json_extract_scalar(requestparameters, '$.volumeId'),
            json_extract_scalar(requestparameters, '$.imageId'),
            json_extract_scalar(requestparameters, '$.fileSystemId'),
            json_extract_scalar(requestparameters, '$.dBSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.snapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.recoveryPointArn'),
            json_extract_scalar(requestparameters, '$.backupArn'),
            json_extract_scalar(requestparameters, '$.backupId'), eventsource) AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour
    FROM calls
    WHERE eventsource IN ('ec2.amazonaws.com', 'rds.amazonaws.com', 'redshift.amazonaws.com', 'fsx.amazonaws.com',
            'elasticfilesystem.amazonaws.com', 'dynamodb.amazonaws.com', 'backup.amazonaws.com')
        AND eventname IN ('DeleteSnapshot', 'DeleteVolume', 'DeregisterImage', 'DeleteDBSnapshot',
            'DeleteDBClusterSnapshot', 'DeleteClusterSnapshot', 'DeleteFileSystem', 'DeleteBackup',
            'DeleteRecoveryPoint')
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
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour
FROM found
GROUP BY account_id, actor, hour
HAVING COUNT(DISTINCT event_id) >= :min_deleted
