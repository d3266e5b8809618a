-- ---
-- id = "s3.objects-public"
-- title = "Objects of a bucket were opened to the public"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0009:T1530"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} made objects public in {account_id} with {occurrences} calls: bucket {resource}, {objects} objects"
-- description = "Covers access control lists of single objects; one finding per actor and day. They have no effect if the bucket ignores such lists, as new buckets do. Whole buckets are in s3.bucket-public."
-- benign = ["A public website or download is being published"]
-- steps = [
--     "Check whether the list has an effect: aws s3api get-public-access-block --bucket BUCKET; aws s3api get-bucket-ownership-controls --bucket BUCKET",
--     "Take it back: aws s3api put-object-acl --bucket BUCKET --key OBJECT --acl private",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html", "https://attack.mitre.org/techniques/T1530/"]
-- needs = ["s3-data-events"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.key'), eventid) AS object
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutObjectAcl', 'PutObject', 'CopyObject', 'CreateMultipartUpload')
        AND errorcode IS NULL
        AND (
            requestparameters LIKE '%acs.amazonaws.com/groups/global/AllUsers%'
            OR requestparameters LIKE '%acs.amazonaws.com/groups/global/AuthenticatedUsers%'
            OR json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"public-read%'
            OR json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"authenticated-read"%'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT object) AS objects, day
FROM found
GROUP BY account_id, actor, day
