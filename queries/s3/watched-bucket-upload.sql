-- ---
-- id = "s3.watched-bucket-upload"
-- title = "Objects were written to a watched bucket"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1565.001"]
-- about = ["account_id", "resource", "actor"]
-- says = "{actor} wrote to {resource} ({occurrences}×)"
-- benign = ["A release is being published", "The upload is a regular one"]
-- steps = [
--     "Compare the objects with what was meant to be published",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging.html", "https://attack.mitre.org/techniques/T1565/001/"]
-- needs = ["watchlist:watched-buckets", "s3-data-events"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        json_extract_scalar(requestparameters, '$.bucketName') AS resource, source_ip, event_id,
        json_extract_scalar(requestparameters, '$.key') AS object_key
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutObject', 'CompleteMultipartUpload', 'CopyObject')
        AND errorcode IS NULL
),
uploads AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id,
        c.object_key
    FROM found c
    JOIN watchlist w ON w.list = 'watched-buckets' AND w.value = c.resource
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT object_key ORDER BY object_key), 1, 20), ', ') AS objects
FROM uploads
GROUP BY account_id, actor, resource
