-- ---
-- id = "s3.safeguard-removed"
-- title = "Encryption or replication of buckets was switched off"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} switched off safeguards of {resource} in {account_id} ({action}, {occurrences}×)"
-- description = "Covers default encryption and replication; one finding per actor and day. Access logging is in logging.access-logging-disabled; versioning and Block Public Access have findings of their own, and several kinds in one day are in s3.safeguards-removed-together."
-- benign = ["A bucket is being rebuilt", "Default encryption goes back to the keys of S3, which AWS always applies"]
-- steps = [
--     "Compare with the former settings, and set them again",
--     "Look for the actor's other changes of buckets: trailbrief run --last 24h --query 's3.*'",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('DeleteBucketEncryption', 'DeleteBucketReplication')
        AND errorcode IS NULL
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
