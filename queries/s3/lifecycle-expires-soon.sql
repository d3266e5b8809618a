-- ---
-- id = "s3.lifecycle-expires-soon"
-- title = "Bucket was set to delete its objects within days"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485.001"]
-- about = ["account_id", "resource", "actor", "day"]
-- replaces = ["s3.bucket-policy-changed"]
-- says = "{actor} set a lifecycle rule that deletes objects of bucket {resource} in {account_id} after {days} days (prefixes: {prefixes})"
-- description = "Covers rules in force that expire objects after few days, or on a date that is near. Rules for old versions only and for unfinished uploads are left out."
-- benign = ["The rule clears a prefix for scratch data, such as tmp/", "The bucket caches data that can be made again"]
-- steps = [
--     "If the data is needed, remove the rules before midnight UTC, when they run: aws s3api delete-bucket-lifecycle --bucket BUCKET",
--     "Restore what is gone from older versions, if the bucket keeps them",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html", "https://attack.mitre.org/techniques/T1485/001/"]
-- [params.max_days]
-- type = "integer"
-- default = 7
-- about = "Longest life of an object, in days, that is reported"
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day,
        json_format(json_extract(requestparameters, '$.LifecycleConfiguration.Rule')) AS rules
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration')
        AND errorcode IS NULL
),
rules AS (
    SELECT c.*,
        COALESCE(TRY_CAST(json_extract_scalar(r.rule, '$.Expiration.Days') AS BIGINT),
            date_diff('day', TRY(from_iso8601_timestamp(c.event_time)), TRY(from_iso8601_timestamp(json_extract_scalar(r.rule, '$.Expiration.Date'))))) AS days,
        COALESCE(NULLIF(COALESCE(json_extract_scalar(r.rule, '$.Filter.Prefix'),
            json_extract_scalar(r.rule, '$.Filter.And.Prefix'), json_extract_scalar(r.rule, '$.Prefix')), ''),
            'all objects') AS prefix
    FROM found c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.rules LIKE '[%' THEN c.rules ELSE concat('[', c.rules, ']') END
    ) AS ARRAY(JSON))) AS r(rule)
    WHERE json_extract_scalar(r.rule, '$.Status') = 'Enabled'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    MIN(days) AS days,
    array_join(slice(array_agg(DISTINCT prefix ORDER BY prefix), 1, 20), ', ') AS prefixes, day
FROM rules
WHERE days <= :max_days
GROUP BY account_id, actor, resource, day
