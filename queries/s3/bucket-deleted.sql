-- ---
-- id = "s3.bucket-deleted"
-- title = "Buckets were deleted"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted buckets in {account_id} ({occurrences}×): {resource}"
-- description = "One finding per actor and day. Buckets that stacks and services delete are left out. The name of a deleted bucket can be taken by somebody else."
-- benign = ["Infrastructure is being torn down"]
-- steps = [
--     "Check whether anything still writes to, or loads from, the name: somebody else can create the bucket now",
--     "Look for objects that were deleted first: s3.mass-delete (it needs data events)",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html", "https://attack.mitre.org/techniques/T1485/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname = 'DeleteBucket'
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
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
