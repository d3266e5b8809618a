-- ---
-- id = "s3.bucket-public"
-- title = "Bucket was opened to the public"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0009:T1530"]
-- about = ["account_id", "resource"]
-- replaces = ["s3.bucket-policy-changed"]
-- says = "{actor} opened bucket {resource} in {account_id} to the public by {opened_by}"
-- description = "Covers policies and access control lists of buckets, and policies of access points. Conditions on the network, the source, the organization or the account count as restrictions if they can keep anybody out; negated ones, wildcards, halves of the internet, TLS and the user agent do not."
-- benign = ["The bucket holds a public website or downloads", "Block Public Access is on, so that the grant has no effect"]
-- steps = [
--     "Close it: aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
--     "If the bucket has to be public, ask the actor why, and remove the block again",
--     "Remove the statement or the grant",
--     "Look for reads by strangers, if data events are logged: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, requestparameters FROM events WHERE eventname = 'GetObject' AND useridentity.accountid = 'anonymous'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html", "https://attack.mitre.org/techniques/T1530/"]
-- ---
WITH opened AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
        'policy' AS opened_by, actions
    FROM policy_grants
    WHERE eventsource = 's3.amazonaws.com'
        AND effect = 'Allow'
        AND principal_kind = 'everybody'
        AND restricted = 'no'
    UNION ALL
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip, event_id,
        'access control list' AS opened_by, NULL AS actions
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketAcl', 'CreateBucket')
        AND errorcode IS NULL
        AND (
            json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"public-read%'
            OR json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"authenticated-read"%'
            OR requestparameters LIKE '%acs.amazonaws.com/groups/global/AllUsers%'
            OR requestparameters LIKE '%acs.amazonaws.com/groups/global/AuthenticatedUsers%'
        )
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id, opened_by,
    NULLIF(array_join(array_agg(DISTINCT actions ORDER BY actions), ', '), '') AS actions
FROM opened
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id, opened_by
