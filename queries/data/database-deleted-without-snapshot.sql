-- ---
-- id = "data.database-deleted-without-snapshot"
-- title = "Databases were deleted without a final snapshot"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["data.database-deleted"]
-- says = "{actor} deleted databases in {account_id}, {region} without a final snapshot: {resource}"
-- description = "One finding per actor and day. Leaves out read replicas and members of a cluster, whose data lives elsewhere, and databases that stacks and services delete."
-- benign = ["A test database is being torn down"]
-- steps = [
--     "Look for what is left at once, automated backups may go within days: aws rds describe-db-instance-automated-backups; aws rds describe-db-snapshots --db-instance-identifier IDENTIFIER",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Restore: aws rds restore-db-instance-to-point-in-time, or from the last snapshot",
--     "See what else the actor deleted: trailbrief query --last 24h \"SELECT eventtime, eventsource, eventname FROM events WHERE eventname LIKE 'Delete%'\"",
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
    WHERE eventsource IN ('rds.amazonaws.com', 'redshift.amazonaws.com')
        AND eventname IN ('DeleteDBInstance', 'DeleteDBCluster', 'DeleteCluster')
        AND errorcode IS NULL
        AND (
            json_extract_scalar(requestparameters, '$.skipFinalSnapshot') = 'true'
            OR json_extract_scalar(requestparameters, '$.skipFinalClusterSnapshot') = 'true'
        )
        AND json_extract_scalar(responseelements, '$.readReplicaSourceDBInstanceIdentifier') IS NULL
        AND (
            eventname <> 'DeleteDBInstance'
            OR json_extract_scalar(responseelements, '$.dBClusterIdentifier') IS NULL
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
