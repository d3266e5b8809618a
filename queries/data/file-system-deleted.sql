-- ---
-- id = "data.file-system-deleted"
-- title = "File systems were deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted file systems in {account_id}, {region} ({action}, {occurrences}×): {resource}"
-- description = "Covers EFS and FSx; one finding per actor and day. EFS keeps nothing back. Ways to a file system that are removed first (mount targets) count too. What stacks delete is left out."
-- benign = ["A system is being retired"]
-- steps = [
--     "Look for a copy: aws backup list-recovery-points-by-resource --resource-arn RESOURCE; aws fsx describe-backups",
--     "Check that no machine needs it: its mounts hang or fail",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/efs/latest/ug/delete-efs-fs.html", "https://attack.mitre.org/techniques/T1485/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.fileSystemId'),
            json_extract_scalar(requestparameters, '$.mountTargetId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('elasticfilesystem.amazonaws.com', 'fsx.amazonaws.com')
        AND eventname IN ('DeleteFileSystem', 'DeleteMountTarget')
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
