-- ---
-- id = "s3.public-access-block-removed"
-- title = "Block Public Access of a bucket was switched off"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} switched off Block Public Access, whole or in part, for {resource} in {account_id} ({action})"
-- description = "Covers buckets and access points; a flag that the request leaves out is off. One finding per actor and day. The account's own block is in sharing.account-block-removed. The bucket is not public yet: s3.bucket-public says when it becomes so."
-- benign = ["The bucket is about to hold a public website or downloads"]
-- steps = [
--     "Switch it on again: aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
--     "Look for policies and access lists that the same actor wrote afterwards: trailbrief run --last 24h --query 's3.*'",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'),
            json_extract_scalar(requestparameters, '$.name'),
            element_at(resources, 1).arn, 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'CreateAccessPoint')
        AND errorcode IS NULL
        AND (
            eventname = 'DeleteBucketPublicAccessBlock'
            OR CARDINALITY(regexp_extract_all(json_format(COALESCE(
                json_extract(requestparameters, '$.PublicAccessBlockConfiguration'),
                json_extract(requestparameters, '$.CreateAccessPointRequest.PublicAccessBlockConfiguration'))),
                '"(BlockPublicAcls|IgnorePublicAcls|BlockPublicPolicy|RestrictPublicBuckets)":"?true')) < 4
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
