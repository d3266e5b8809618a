-- ---
-- id = "s3.bucket-public"
-- title = "Bucket was opened to the public"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0009:T1530"]
-- about = ["account_id", "resource"]
-- says = "{actor} opened bucket {resource} in {account_id} to the public by {opened_by}"
-- description = "Conditions on addresses, networks, the organization or the source count as restrictions; conditions on TLS or the user agent do not."
-- benign = ["The bucket holds a public website or downloads", "Block Public Access is on, so that the grant has no effect"]
-- steps = [
--     "Check whether Block Public Access of the bucket or the account prevents access",
--     "Ask the actor whether the bucket has to be public",
--     "Remove the statement or the grant",
--     "Look for reads by strangers, if data events are logged",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html", "https://attack.mitre.org/techniques/T1530/"]
-- ---
WITH calls AS (
    SELECT
        eventtime AS event_time,
        COALESCE(recipientaccountid, account) AS account_id,
        awsregion AS region,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
            NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
        eventname AS action,
        json_extract_scalar(requestparameters, '$.bucketName') AS resource,
        sourceipaddress AS source_ip,
        eventid AS event_id,
        CASE
            WHEN json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"public-read%'
                OR json_format(json_extract(requestparameters, '$["x-amz-acl"]')) LIKE '%"authenticated-read"%'
                OR requestparameters LIKE '%acs.amazonaws.com/groups/global/AllUsers%'
                OR requestparameters LIKE '%acs.amazonaws.com/groups/global/AuthenticatedUsers%' THEN 1
            ELSE 0
        END AS public_acl,
        json_format(json_extract(requestparameters, '$.bucketPolicy.Statement')) AS statements
    FROM events
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('PutBucketPolicy', 'PutBucketAcl', 'CreateBucket')
        AND errorcode IS NULL
),
statements AS (
    SELECT
        c.event_id,
        json_extract_scalar(s.statement, '$.Effect') AS effect,
        json_format(json_extract(s.statement, '$.Principal')) AS principal,
        json_format(json_extract(s.statement, '$.NotPrincipal')) AS not_principal,
        lower(json_format(json_extract(s.statement, '$.Condition'))) AS conditions,
        COALESCE(json_format(json_extract(s.statement, '$.Action')), 'all but some actions') AS actions
    FROM calls c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
),
public_statements AS (
    SELECT
        event_id,
        array_join(array_agg(DISTINCT actions ORDER BY actions), ', ') AS actions
    FROM statements
    WHERE effect = 'Allow'
        AND (principal LIKE '%"*"%' OR not_principal IS NOT NULL)
        AND (
            conditions IS NULL
            OR NOT regexp_like(conditions, concat(
                '"(aws:(sourceip|vpcsourceip|sourcevpc|sourcevpce|sourcearn|sourceaccount|sourceowner|sourceorgid',
                '|sourceorgpaths|principalarn|principalaccount|principalorgid|principalorgpaths',
                '|principalservicename|userid)|s3:dataaccesspoint[a-z]*)"'
            ))
            OR regexp_like(conditions, '"(0[.]0[.]0[.]0|::)/0"')
        )
    GROUP BY event_id
)
SELECT
    c.event_time,
    c.account_id,
    c.region,
    c.actor,
    c.action,
    c.resource,
    c.source_ip,
    c.event_id,
    CASE WHEN p.event_id IS NULL THEN 'access control list' ELSE 'policy' END AS opened_by,
    p.actions AS actions
FROM calls c
LEFT JOIN public_statements p ON p.event_id = c.event_id
WHERE p.event_id IS NOT NULL
    OR c.public_acl = 1
