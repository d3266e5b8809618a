-- ---
-- id = "data.database-public"
-- title = "Database was put on the internet"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1133"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} made database {resource} in {account_id}, {region} reachable from the internet ({action})"
-- description = "Covers instances and clusters of RDS, Aurora, Redshift and migration tasks that are created, changed or restored as publicly accessible. Whether the port is open depends on the security group, which the record does not show."
-- benign = ["The database is a sandbox, and its security group lets only own addresses in"]
-- steps = [
--     "Take it off the internet: aws rds modify-db-instance --db-instance-identifier IDENTIFIER --no-publicly-accessible --apply-immediately",
--     "If it was restored from a snapshot by somebody unknown, treat the data as taken",
--     "See who opened its port: trailbrief query --last 24h \"SELECT eventtime, useridentity.arn, requestparameters FROM events WHERE eventname = 'AuthorizeSecurityGroupIngress'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html", "https://attack.mitre.org/techniques/T1133/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'),
        json_extract_scalar(requestparameters, '$.targetDBInstanceIdentifier'),
        json_extract_scalar(requestparameters, '$.dBClusterIdentifier'),
        json_extract_scalar(requestparameters, '$.clusterIdentifier'),
        json_extract_scalar(requestparameters, '$.workgroupName'),
        json_extract_scalar(requestparameters, '$.replicationInstanceIdentifier'), 'unknown') AS resource,
    source_ip, event_id,
    COALESCE(json_extract_scalar(responseelements, '$.engine'), json_extract_scalar(requestparameters, '$.engine'))
        AS engine
FROM calls
WHERE eventsource IN ('rds.amazonaws.com', 'redshift.amazonaws.com', 'redshift-serverless.amazonaws.com',
        'dms.amazonaws.com')
    AND (eventname LIKE 'Create%' OR eventname LIKE 'Modify%' OR eventname LIKE 'Restore%'
        OR eventname = 'UpdateWorkgroup')
    AND errorcode IS NULL
    AND (
        json_extract_scalar(requestparameters, '$.publiclyAccessible') = 'true'
        OR (
            (eventname LIKE 'Create%' OR eventname LIKE 'Restore%')
            AND json_extract_scalar(responseelements, '$.publiclyAccessible') = 'true'
        )
    )
