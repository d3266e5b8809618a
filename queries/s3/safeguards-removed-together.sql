-- ---
-- id = "s3.safeguards-removed-together"
-- title = "Several safeguards of buckets fell in one day"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1490"]
-- about = ["account_id", "actor", "day"]
-- align = "1d"
-- says = "{actor} switched off {kinds} kinds of safeguards of {resource} in {account_id} within a day: {action}"
-- description = "Counts kinds, not calls: versioning, Block Public Access, encryption, access logging, replication, object lock. This is how theft and ransom of a bucket are prepared. Stacks and services are left out."
-- benign = ["A bucket is being prepared for its deletion", "A bucket for public downloads is being set up"]
-- steps = [
--     "Block the actor's key until somebody explains it: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Switch versioning on again, so that deleted objects come back: aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration Status=Enabled",
--     "See what happened to the objects: trailbrief run --last 24h --query 's3.mass-*' (it needs data events)",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html", "https://attack.mitre.org/techniques/T1490/"]
-- [params.min_kinds]
-- type = "integer"
-- default = 2
-- about = "Minimum number of different kinds of safeguards"
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day,
        regexp_replace(eventname, '^(Put|Delete)Bucket', '') AS kind
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketVersioning', 'DeleteBucketPublicAccessBlock', 'PutBucketPublicAccessBlock',
            'DeleteBucketEncryption', 'PutBucketLogging', 'DeleteBucketReplication',
            'PutBucketObjectLockConfiguration')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND (eventname <> 'PutBucketVersioning'
            OR json_extract_scalar(requestparameters, '$.VersioningConfiguration.Status') <> 'Enabled')
        AND (eventname <> 'PutBucketPublicAccessBlock'
            OR NOT regexp_like(json_format(json_extract(requestparameters, '$.PublicAccessBlockConfiguration')),
                ':"?true'))
        AND (eventname <> 'PutBucketLogging'
            OR json_extract(requestparameters, '$.BucketLoggingStatus.LoggingEnabled') IS NULL)
        AND (eventname <> 'PutBucketObjectLockConfiguration'
            OR json_extract(requestparameters, '$.ObjectLockConfiguration.Rule') IS NULL)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT kind) AS kinds, day
FROM found
GROUP BY account_id, actor, day
HAVING COUNT(DISTINCT kind) >= :min_kinds
