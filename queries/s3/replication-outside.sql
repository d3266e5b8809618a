-- ---
-- id = "s3.replication-outside"
-- title = "Bucket is copied to a stranger's account"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0010:T1537"]
-- about = ["account_id", "resource", "actor"]
-- replaces = ["s3.bucket-policy-changed"]
-- says = "{actor} set up a copy of bucket {resource} in {account_id} to account {strangers} ({targets})"
-- description = "Every new object is copied from now on. Fires if the rule names the owner of the target, which is neither in accounts nor in the watchlist partner-accounts. A rule that does not name it is in s3.bucket-policy-changed: the record does not say whose bucket it is."
-- benign = ["A backup account is missing in accounts"]
-- steps = [
--     "Stop the copy: aws s3api delete-bucket-replication --bucket BUCKET",
--     "Find out whose account it is; treat objects that were written since then as taken",
--     "Add the account to the watchlist partner-accounts if the copy is wanted",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-walkthrough-2.html", "https://attack.mitre.org/techniques/T1537/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, json_format(json_extract(requestparameters, '$.ReplicationConfiguration.Rule')) AS rules
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketReplication', 'PutBucketReplicationConfiguration')
        AND errorcode IS NULL
),
rules AS (
    SELECT c.*,
        json_extract_scalar(r.rule, '$.Destination.Account') AS stranger,
        COALESCE(json_extract_scalar(r.rule, '$.Destination.Bucket'), 'unknown') AS target
    FROM found c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.rules LIKE '[%' THEN c.rules ELSE concat('[', c.rules, ']') END
    ) AS ARRAY(JSON))) AS r(rule)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT stranger ORDER BY stranger), 1, 20), ', ') AS strangers,
    array_join(slice(array_agg(DISTINCT target ORDER BY target), 1, 20), ', ') AS targets
FROM rules
WHERE account_id <> ''
    AND stranger <> account_id
    AND stranger NOT IN (SELECT account_id FROM accounts)
    AND stranger NOT IN (SELECT value FROM watchlist WHERE list = 'partner-accounts')
GROUP BY account_id, actor, resource
