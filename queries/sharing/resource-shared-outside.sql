-- ---
-- id = "sharing.resource-shared-outside"
-- title = "Another account was given access to resources"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0010:T1537"]
-- about = ["account_id", "actor", "stranger", "day"]
-- replaces = ["secrets.policy-changed"]
-- says = "{actor} gave account {stranger}, which is not known, access to {resource} in {account_id} ({action}, {occurrences}×)"
-- description = "Reads policies of buckets, keys, secrets, topics, queues, repositories, file systems and more, key grants, resource shares and shared documents. An account is known if it is in accounts or in the watchlist partner-accounts. Trust policies are in iam.role-trust-opened, snapshots and images in sharing.snapshot-shared, access for everybody in sharing.resource-public."
-- benign = ["The other account is yours and missing in accounts", "A service of a vendor is being connected"]
-- steps = [
--     "Ask who the account belongs to: its owner, a contract, the ticket. An account that nobody knows is the thief's",
--     "Take the access back with the former policy, aws kms revoke-grant --key-id … --grant-id …, or aws ram disassociate-resource-share --resource-share-arn … --principals …",
--     "See what it fetched: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE useridentity.accountid = '…'\"",
--     "Add the account to the watchlist partner-accounts if the access is wanted",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html", "https://attack.mitre.org/techniques/T1537/"]
-- [params.aws_accounts]
-- type = "text-list"
-- default = ["127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648", "589379963580", "718504428378", "383597477331", "600734575887", "114774131450", "783225319266", "582318560864", "985666609251", "054676820928", "156460612806", "652711504416", "635631232127", "009996457667", "897822967062", "076674570225", "507241528517"]
-- about = "Accounts of AWS itself, such as those that write the access logs of load balancers"
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'),
            json_extract_scalar(requestparameters, '$.secretId'),
            json_extract_scalar(requestparameters, '$.topicArn'),
            json_extract_scalar(requestparameters, '$.queueUrl'),
            json_extract_scalar(requestparameters, '$.repositoryName'),
            json_extract_scalar(requestparameters, '$.fileSystemId'),
            json_extract_scalar(requestparameters, '$.domainName'),
            json_extract_scalar(requestparameters, '$.backupVaultName'),
            json_extract_scalar(requestparameters, '$.vaultName'),
            json_extract_scalar(requestparameters, '$.resourceArn'),
            json_extract_scalar(requestparameters, '$.keyId'),
            json_extract_scalar(requestparameters, '$.name'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        concat(
            COALESCE(json_format(json_extract(requestparameters, '$.granteePrincipal')), ''),
            COALESCE(json_format(json_extract(requestparameters, '$.principals')), ''),
            COALESCE(json_format(json_extract(requestparameters, '$.principal')), ''),
            COALESCE(json_format(json_extract(requestparameters, '$.aWSAccountId')), ''),
            COALESCE(json_format(json_extract(requestparameters, '$.aWSAccountIds')), ''),
            COALESCE(json_format(json_extract(requestparameters, '$.accountIdsToAdd')), '')
        ) AS named,
        json_format(json_extract(COALESCE(
            json_format(json_extract(requestparameters, '$.bucketPolicy')),
            json_extract_scalar(requestparameters, '$.policy'),
            json_extract_scalar(requestparameters, '$.policy.policy'),
            json_extract_scalar(requestparameters, '$.resourcePolicy'),
            json_extract_scalar(requestparameters, '$.policyText'),
            json_extract_scalar(requestparameters, '$.policyDocument'),
            json_extract_scalar(requestparameters, '$.policyInJson'),
            json_extract_scalar(requestparameters, '$.accessPolicies'),
            json_extract_scalar(requestparameters, '$.attributes.Policy'),
            json_extract_scalar(requestparameters, '$.attributeValue'),
            json_format(json_extract(requestparameters, '$.attributes.Policy')),
            json_format(json_extract(requestparameters, '$.accessPolicies')),
            json_format(json_extract(requestparameters, '$.resourcePolicy')),
            json_format(json_extract(requestparameters, '$.policy'))), '$.Statement')) AS statements
    FROM calls
    WHERE eventsource IN ('kms.amazonaws.com', 'secretsmanager.amazonaws.com', 'sns.amazonaws.com', 'sqs.amazonaws.com',
            'ecr.amazonaws.com', 'elasticfilesystem.amazonaws.com', 'es.amazonaws.com', 'backup.amazonaws.com',
            'glacier.amazonaws.com', 'dynamodb.amazonaws.com', 'kinesis.amazonaws.com', 'glue.amazonaws.com',
            'codeartifact.amazonaws.com', 'events.amazonaws.com', 'ssm.amazonaws.com', 's3.amazonaws.com',
            'ram.amazonaws.com')
        AND eventname IN ('PutKeyPolicy', 'CreateKey', 'PutResourcePolicy', 'SetTopicAttributes', 'CreateTopic',
            'SetQueueAttributes', 'CreateQueue', 'SetRepositoryPolicy', 'PutRegistryPolicy', 'PutFileSystemPolicy',
            'UpdateDomainConfig', 'UpdateElasticsearchDomainConfig', 'CreateDomain', 'CreateElasticsearchDomain',
            'PutBackupVaultAccessPolicy', 'SetVaultAccessPolicy', 'PutDomainPermissionsPolicy',
            'PutRepositoryPermissionsPolicy', 'PutPermission', 'ModifyDocumentPermission', 'AddPermission',
            'CreateGrant', 'CreateResourceShare', 'AssociateResourceShare', 'PutBucketPolicy')
        AND errorcode IS NULL
),
principals AS (
    SELECT c.event_id, json_format(json_extract(s.statement, '$.Principal')) AS principal
    FROM found c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
    WHERE json_extract_scalar(s.statement, '$.Effect') = 'Allow'
    UNION ALL
    SELECT event_id, named AS principal
    FROM found
),
given AS (
    SELECT DISTINCT p.event_id, a.id AS stranger
    FROM principals p
    CROSS JOIN UNNEST(regexp_extract_all(p.principal,
        '"(arn:aws[a-z-]*:(iam|sts|organizations)::)?([0-9]{12})[":]', 3)) AS a(id)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, stranger, day
FROM found
JOIN given USING (event_id)
WHERE account_id <> ''
    AND stranger <> account_id
    AND stranger NOT IN (:aws_accounts)
    AND stranger NOT IN (SELECT account_id FROM accounts)
    AND stranger NOT IN (SELECT value FROM watchlist WHERE list = 'partner-accounts')
GROUP BY account_id, actor, stranger, day
