-- ---
-- id = "s3.bucket-policy-changed"
-- title = "Access, lifecycle or replication settings of a bucket were changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0009:T1530"]
-- cis = ["4.8"]
-- about = ["account_id", "resource", "actor"]
-- says = "{actor} changed settings of bucket {resource} in {account_id} ({occurrences}×)"
-- benign = ["Infrastructure is being deployed"]
-- steps = [
--     "Review the new policy or access control list",
--     "See s3.bucket-public for public access",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging.html", "https://attack.mitre.org/techniques/T1530/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, COALESCE(NULLIF(useridentity.arn, ''), useridentity.principalid) AS session
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketAcl', 'PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketCors',
            'DeleteBucketCors',
            'PutBucketLifecycle', 'PutBucketLifecycleConfiguration', 'DeleteBucketLifecycle',
            'PutBucketReplication', 'DeleteBucketReplication')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT session ORDER BY session), 1, 20), ', ') AS sessions
FROM found
GROUP BY account_id, actor, resource
