-- ---
-- id = "logging.log-bucket-changed"
-- title = "Bucket that holds audit logs was changed or deleted"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["s3.bucket-policy-changed", "s3.bucket-deleted", "s3.safeguard-removed", "s3.versioning-suspended"]
-- says = "{actor} ran {action} on {resource}, a bucket that holds audit logs, in {account_id}"
-- description = "Covers the buckets of the watchlist log-buckets, which may hold names with * in them."
-- benign = ["The platform team is changing the log archive and has a ticket"]
-- steps = [
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Compare the bucket with its definition: aws s3api get-bucket-policy --bucket BUCKET; aws s3api get-bucket-lifecycle-configuration --bucket BUCKET; aws s3api get-bucket-versioning --bucket BUCKET",
--     "Check that logs still arrive: aws cloudtrail get-trail-status --name TRAIL",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- needs = ["watchlist:log-buckets"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('DeleteBucket', 'DeleteBucketPolicy', 'PutBucketPolicy', 'PutBucketLifecycle',
            'PutBucketLifecycleConfiguration', 'PutBucketVersioning', 'PutBucketAcl',
            'PutBucketReplication', 'DeleteBucketReplication', 'PutBucketEncryption',
            'DeleteBucketEncryption', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock',
            'PutObjectLockConfiguration', 'PutBucketObjectLockConfiguration',
            'PutBucketOwnershipControls', 'PutBucketLogging')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND EXISTS (
            SELECT 1 FROM watchlist w
            WHERE w.list = 'log-buckets'
                AND regexp_like(json_extract_scalar(calls.requestparameters, '$.bucketName'),
                    concat('^', replace(replace(w.value, '.', '[.]'), '*', '.*'), '$'))
        )
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
