-- ---
-- id = "data.database-exported"
-- title = "Database was exported to a bucket"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0009:T1530"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} exported {resource} in {account_id}, {region} to bucket {buckets} ({action}, {occurrences}×)"
-- description = "Covers snapshots of RDS and Aurora and tables of DynamoDB; one finding per actor and day. The record does not always say whose bucket it is. What services export is left out."
-- benign = ["A regular export for analysis", "A database is being moved"]
-- steps = [
--     "Check that the bucket is yours: aws s3api head-bucket --bucket BUCKET --expected-bucket-owner OWNER",
--     "If it is not: aws rds cancel-export-task --export-task-identifier IDENTIFIER (an export of DynamoDB cannot be stopped), and treat the data as taken",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.html", "https://attack.mitre.org/techniques/T1530/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.sourceArn'),
            json_extract_scalar(requestparameters, '$.tableArn'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.s3BucketName'),
            json_extract_scalar(requestparameters, '$.s3Bucket'), 'unknown') AS bucket
    FROM calls
    WHERE eventsource IN ('rds.amazonaws.com', 'dynamodb.amazonaws.com')
        AND eventname IN ('StartExportTask', 'ExportTableToPointInTime')
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
    array_join(slice(array_agg(DISTINCT bucket ORDER BY bucket), 1, 20), ', ') AS buckets, day
FROM found
GROUP BY account_id, actor, day
