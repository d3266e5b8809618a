-- ---
-- id = "data.database-role-added"
-- title = "Database was given a role"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} gave database {resource} in {account_id}, {region} the role {roles}: SQL on it can now use the role's rights, such as writing to buckets"
-- description = "One finding per actor and day. Roles that stacks add are left out."
-- benign = ["Export to, or import from, a bucket is being set up"]
-- steps = [
--     "Read what the role can do: aws iam list-attached-role-policies --role-name ROLE",
--     "Take it away: aws rds remove-role-from-db-instance --db-instance-identifier IDENTIFIER --role-arn ROLE --feature-name FEATURE",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/postgresql-s3-export.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterIdentifier'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.roleArn'), 'unknown') AS role_arn
    FROM calls
    WHERE eventsource = 'rds.amazonaws.com'
        AND eventname IN ('AddRoleToDBInstance', 'AddRoleToDBCluster')
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
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT role_arn ORDER BY role_arn), 1, 20), ', ') AS roles, day
FROM found
GROUP BY account_id, actor, day
