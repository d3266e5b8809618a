-- ---
-- id = "s3.versioning-suspended"
-- title = "Versioning of buckets was suspended"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1490"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} suspended versioning, or its protection by MFA, of {resource} in {account_id}: what is deleted or overwritten from now on is lost"
-- description = "One finding per actor and day. Attackers do this before they delete or encrypt objects."
-- benign = ["A bucket for scratch data is being set up without versions"]
-- steps = [
--     "Switch it on again: aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration Status=Enabled",
--     "Look for objects that the actor deleted or copied afterwards: s3.mass-delete, s3.sse-c-copy (they need data events)",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html", "https://attack.mitre.org/techniques/T1490/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname = 'PutBucketVersioning'
        AND errorcode IS NULL
        AND (
            json_extract_scalar(requestparameters, '$.VersioningConfiguration.Status') <> 'Enabled'
            OR json_extract_scalar(requestparameters, '$.VersioningConfiguration.MfaDelete') = 'Disabled'
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
