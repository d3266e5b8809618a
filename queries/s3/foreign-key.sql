-- ---
-- id = "s3.foreign-key"
-- title = "Bucket or objects were encrypted with a stranger's key"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1486"]
-- about = ["account_id", "actor", "resource", "stranger"]
-- replaces = ["s3.bucket-policy-changed"]
-- says = "{actor} encrypted {resource} in {account_id} with a key of account {stranger} ({action}): its owner decides who can read the data"
-- description = "Covers the default key of buckets, and with data events copies and uploads. Known are the accounts in accounts and in the watchlist partner-accounts; keys that are named by an alias or an id are the own account's."
-- benign = ["Keys are kept in an account of their own, which is missing in accounts"]
-- steps = [
--     "Block the actor now, it may be at work still: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Set the own key as default: aws s3api put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration file://own-key.json",
--     "While the stranger's key still answers, copy the objects back to the own key; else restore older versions",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html", "https://attack.mitre.org/techniques/T1486/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id,
        regexp_extract(COALESCE(
            json_extract_scalar(requestparameters, '$["x-amz-server-side-encryption-aws-kms-key-id"]'),
            json_format(json_extract(requestparameters, '$.ServerSideEncryptionConfiguration.Rule'))),
            'arn:aws[a-z-]*:kms:[a-z0-9-]+:([0-9]{12}):', 1) AS stranger
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketEncryption', 'CopyObject', 'PutObject', 'CreateMultipartUpload')
        AND errorcode IS NULL
        AND requestparameters LIKE '%:kms:%' -- no case: selects events early, the pattern of the key is stricter
        AND useridentity.type <> 'AWSService'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, stranger
FROM found
WHERE account_id <> ''
    AND stranger <> account_id
    AND stranger NOT IN (SELECT account_id FROM accounts)
    AND stranger NOT IN (SELECT value FROM watchlist WHERE list = 'partner-accounts')
GROUP BY account_id, actor, resource, stranger
