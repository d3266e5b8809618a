-- ---
-- id = "data.foreign-snapshots-listed"
-- title = "Database snapshots of other accounts were listed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0007:T1580"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} listed public or shared database snapshots from {account_id} ({occurrences}×, {kinds})"
-- description = "Somebody may be looking for data that others left open, or for a snapshot that was just shared with this account. Lists of one snapshot by its name, and those that services ask for, are left out."
-- benign = ["A developer looks for a snapshot that a colleague shared"]
-- steps = [
--     "Look for databases that the actor restored: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE eventname LIKE 'RestoreDB%'\"",
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
--     "Check that none of your snapshots is public: aws rds describe-db-snapshots --snapshot-type public --query \"DBSnapshots[?contains(DBSnapshotArn, ':ACCOUNT:')]\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html", "https://attack.mitre.org/techniques/T1580/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, eventsource AS resource, source_ip, event_id,
        substr(eventtime, 1, 10) AS day,
        CASE
            WHEN json_extract_scalar(requestparameters, '$.includePublic') = 'true'
                OR json_extract_scalar(requestparameters, '$.snapshotType') = 'public' THEN 'public'
            WHEN json_extract_scalar(requestparameters, '$.includeShared') = 'true'
                OR json_extract_scalar(requestparameters, '$.snapshotType') = 'shared' THEN 'shared'
        END AS kind
    FROM calls
    WHERE eventsource = 'rds.amazonaws.com'
        AND eventname IN ('DescribeDBSnapshots', 'DescribeDBClusterSnapshots')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(json_extract_scalar(requestparameters, '$.dBSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterSnapshotIdentifier')) IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT kind ORDER BY kind), 1, 20), ', ') AS kinds
FROM found
WHERE kind IS NOT NULL
GROUP BY account_id, actor, day
