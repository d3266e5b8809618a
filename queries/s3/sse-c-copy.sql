-- ---
-- id = "s3.sse-c-copy"
-- title = "Objects were encrypted with a key that only the caller has"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1486"]
-- about = ["account_id", "actor", "resource", "day"]
-- align = "1d"
-- says = "{actor} copied {objects} objects of bucket {resource} in {account_id} with a customer key (SSE-C): without that key nobody can read them again"
-- description = "Objects that are copied onto themselves this way are being held for ransom. Uploads of new objects with such keys are left out."
-- benign = ["An application keeps its objects under keys of its own"]
-- steps = [
--     "Block the actor now, it may be at work still: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Keep what is left: aws s3api put-bucket-policy with a Deny of s3:PutObject where s3:x-amz-server-side-encryption-customer-algorithm is present",
--     "Restore from older versions: aws s3api list-object-versions --bucket BUCKET",
--     "Raise min_objects if an application works like this",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html", "https://attack.mitre.org/techniques/T1486/"]
-- needs = ["s3-data-events"]
-- [params.min_objects]
-- type = "integer"
-- default = 1
-- about = "Minimum number of objects per actor, bucket and day"
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.key'), eventid) AS object
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('CopyObject', 'UploadPartCopy')
        AND errorcode IS NULL
        AND json_extract(requestparameters, '$["x-amz-server-side-encryption-customer-algorithm"]') IS NOT NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT object) AS objects,
    array_join(slice(array_agg(DISTINCT object ORDER BY object), 1, 20), ', ') AS keys, day
FROM found
GROUP BY account_id, actor, resource, day
HAVING COUNT(DISTINCT object) >= :min_objects
