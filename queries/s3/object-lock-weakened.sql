-- ---
-- id = "s3.object-lock-weakened"
-- title = "Object lock was weakened or bypassed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1490"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} weakened or bypassed object lock of {resource} in {account_id} ({action}, {occurrences}×)"
-- description = "Covers a default retention that is removed or shorter than a week, and, with data events, deletions and retentions that bypass governance mode, and legal holds that end."
-- benign = ["A legal hold ends by order", "Test data is being cleared"]
-- steps = [
--     "Set the default again: aws s3api put-object-lock-configuration --bucket BUCKET --object-lock-configuration file://lock.json",
--     "See which objects it freed: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE eventsource = 's3.amazonaws.com' AND eventname LIKE '%Object%'\"",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html", "https://attack.mitre.org/techniques/T1490/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketObjectLockConfiguration', 'PutObjectLockConfiguration', 'PutObjectRetention',
            'PutObjectLegalHold', 'DeleteObject', 'DeleteObjects')
        AND errorcode IS NULL
        AND (
            (eventname LIKE '%ObjectLockConfiguration' AND COALESCE(
                TRY_CAST(json_extract_scalar(requestparameters,
                    '$.ObjectLockConfiguration.Rule.DefaultRetention.Days') AS BIGINT),
                TRY_CAST(json_extract_scalar(requestparameters,
                    '$.ObjectLockConfiguration.Rule.DefaultRetention.Years') AS BIGINT) * 365, 0) < 7)
            OR (eventname = 'PutObjectLegalHold'
                AND json_extract_scalar(requestparameters, '$.LegalHold.Status') = 'OFF')
            OR lower(json_extract_scalar(requestparameters, '$["x-amz-bypass-governance-retention"]')) = 'true'
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
