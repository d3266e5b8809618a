-- ---
-- id = "sharing.account-block-removed"
-- title = "Account-wide block of public access was switched off"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "actor", "action", "day"]
-- says = "{actor} switched off the account's block of public access in {account_id}, {region} ({action})"
-- description = "Covers the account's block for S3, for snapshots and for images. Switching it off in part counts. One finding per actor, call and day. Blocks of single buckets are in s3.public-access-block-removed."
-- benign = ["A product's images are about to be published", "The account is closed down or rebuilt"]
-- steps = [
--     "Switch it on again: aws s3control put-public-access-block --account-id ACCOUNT --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true (aws ec2 enable-snapshot-block-public-access --state block-all-sharing; aws ec2 enable-image-block-public-access --image-block-public-access-state block-new-sharing)",
--     "See what the actor made public meanwhile: trailbrief run --last 24h --query 'sharing.*'",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html", "https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('s3.amazonaws.com', 'ec2.amazonaws.com')
        AND eventname IN ('DeleteAccountPublicAccessBlock', 'PutAccountPublicAccessBlock',
            'DisableSnapshotBlockPublicAccess', 'DisableImageBlockPublicAccess')
        AND errorcode IS NULL
        AND (
            eventname <> 'PutAccountPublicAccessBlock'
            OR CARDINALITY(regexp_extract_all(json_format(
                json_extract(requestparameters, '$.PublicAccessBlockConfiguration')),
                '"(BlockPublicAcls|IgnorePublicAcls|BlockPublicPolicy|RestrictPublicBuckets)":"?true')) < 4
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor, action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, action, day
