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
--     "Close it: aws s3api put-public-access-block --bucket … --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
--     "If the bucket has to be public, ask the actor why, and remove the block again",
--     "Remove the statement or the grant",
--     "Look for reads by strangers, if data events are logged: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, requestparameters FROM events WHERE eventname = 'GetObject' AND useridentity.accountid = 'anonymous'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html", "https://attack.mitre.org/techniques/T1530/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'),
            json_extract_scalar(requestparameters, '$.name'), 'unknown') AS resource,
        source_ip, event_id,
        CASE
            WHEN json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"public-read%'
                OR json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"authenticated-read"%'
                OR requestparameters LIKE '%acs.amazonaws.com/groups/global/AllUsers%'
                OR requestparameters LIKE '%acs.amazonaws.com/groups/global/AuthenticatedUsers%' THEN 1
            ELSE 0
        END AS public_acl,
        json_format(json_extract(COALESCE(
            json_format(json_extract(requestparameters, '$.bucketPolicy')),
            json_extract_scalar(requestparameters, '$.policy'),
            json_extract_scalar(requestparameters, '$.PutAccessPointPolicyRequest.Policy')),
            '$.Statement')) AS statements
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketPolicy', 'PutBucketAcl', 'CreateBucket', 'PutAccessPointPolicy')
        AND errorcode IS NULL
),
statements AS (
    SELECT c.event_id, json_format(json_extract(s.statement, '$.Principal')) AS principal,
        json_format(json_extract(s.statement, '$.NotPrincipal')) AS not_principal,
        COALESCE(json_format(json_extract(s.statement, '$.Action')), 'all but some actions') AS actions,
        regexp_replace(lower(COALESCE(json_format(json_extract(s.statement, '$.Condition')), '')), concat(
            '"(stringnot[a-z]*|arnnot[a-z]*|notipaddress[a-z]*|null|[a-z]+ifexists|forallvalues:[a-z]+)":[{][^}]*[}]',
            '|"aws:[a-z]+":("([*?]|arn:[a-z*-]*:[a-z*]*::[*])[^"]*"',
            '|\[[^\]]*"([*?]|arn:[a-z*-]*:[a-z*]*::[*])[^\]]*\])',
            '|"aws:(vpc)?sourceip":("[^"]*/[0-7]"|\[[^\]]*/[0-7]"[^\]]*\])'
        ), '') AS restrictions
    FROM found c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
    WHERE json_extract_scalar(s.statement, '$.Effect') = 'Allow'
),
public_statements AS (
    SELECT event_id, array_join(array_agg(DISTINCT actions ORDER BY actions), ', ') AS actions
    FROM statements
    WHERE (principal LIKE '%"*"%' OR not_principal IS NOT NULL)
        AND NOT regexp_like(restrictions, concat(
            '"(aws:(sourceip|vpcsourceip|sourcevpce?|source(arn|account|owner|orgid|orgpaths)',
            '|principal(arn|account|orgid|orgpaths|servicename|isawsservice)|userid)',
            '|kms:calleraccount|elasticfilesystem:accessedviamounttarget|s3:dataaccesspoint[a-z]*)"'
        ))
    GROUP BY event_id
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id,
    CASE WHEN p.event_id IS NULL THEN 'access control list' ELSE 'policy' END AS opened_by,
    p.actions AS actions
FROM found c
LEFT JOIN public_statements p ON p.event_id = c.event_id
WHERE p.event_id IS NOT NULL
    OR c.public_acl = 1
