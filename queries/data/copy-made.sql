-- ---
-- id = "data.copy-made"
-- title = "Person made copies of databases, volumes or machines"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0009:T1074.002"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} made copies of {resource} in {account_id}, {region} ({action}, {occurrences}×)"
-- description = "Covers snapshots and their copies, images, and exports of machines to a bucket; one finding per actor and day. Copies that AWS Backup, lifecycle policies, stacks and services make are left out. Theft begins like this; sharing.snapshot-shared tells the next step."
-- benign = ["Somebody takes a snapshot before a change", "A pipeline builds images (suppress its role)"]
-- steps = [
--     "Check that each copy is still in the account, and not shared: aws rds describe-db-snapshot-attributes --db-snapshot-identifier IDENTIFIER; aws ec2 describe-snapshot-attribute --attribute createVolumePermission --snapshot-id SNAPSHOT",
--     "Delete copies that nobody claims",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreateSnapshot.html", "https://attack.mitre.org/techniques/T1074/002/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterIdentifier'),
            json_extract_scalar(requestparameters, '$.sourceDBSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.sourceDBClusterSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.volumeId'),
            json_extract_scalar(requestparameters, '$.sourceSnapshotId'),
            json_extract_scalar(requestparameters, '$.sourceImageId'),
            json_extract_scalar(requestparameters, '$.imageId'),
            json_extract_scalar(requestparameters, '$.instanceId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('ec2.amazonaws.com', 'rds.amazonaws.com')
        AND eventname IN ('CreateDBSnapshot', 'CreateDBClusterSnapshot', 'CopyDBSnapshot', 'CopyDBClusterSnapshot',
            'CreateSnapshot', 'CreateSnapshots', 'CopySnapshot', 'CreateImage', 'CopyImage', 'CreateStoreImageTask',
            'ExportImage', 'CreateInstanceExportTask')
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
