-- ---
-- id = "sharing.resource-public"
-- title = "Resource policy lets everybody in"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0009:T1530"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["sharing.resource-shared-outside", "secrets.policy-changed"]
-- says = "{actor} opened {resource} ({service}) in {account_id}, {region} to everybody: {opened}"
-- description = "Reads the policies of keys, secrets, topics, queues, image and package repositories, file systems, search domains, vaults, tables, streams, event buses, and shared documents. Conditions on the network, the source, the organization or the account count as restrictions if they can keep anybody out. Buckets are in s3.bucket-public, functions in sharing.function-opened."
-- benign = ["A topic or repository is published on purpose", "The search domain is in a VPC that lets only own hosts in"]
-- steps = [
--     "Put the former policy back: the same call with the policy of before, or its Delete… call (aws secretsmanager delete-resource-policy --secret-id …)",
--     "Look for calls by strangers since then: trailbrief query --last 24h \"SELECT eventtime, eventname, useridentity.accountid, sourceipaddress FROM events WHERE useridentity.type = 'AWSAccount'\"",
--     "If a secret or key was open, rotate it",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html", "https://attack.mitre.org/techniques/T1530/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.secretId'),
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
        source_ip, event_id, eventsource AS service,
        json_format(json_extract(requestparameters, '$.accountIdsToAdd')) AS shared,
        json_extract_scalar(requestparameters, '$.principal') AS principal,
        json_format(json_extract(COALESCE(
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
            'codeartifact.amazonaws.com', 'events.amazonaws.com', 'ssm.amazonaws.com')
        AND eventname IN ('PutKeyPolicy', 'CreateKey', 'PutResourcePolicy', 'SetTopicAttributes', 'CreateTopic',
            'SetQueueAttributes', 'CreateQueue', 'SetRepositoryPolicy', 'PutRegistryPolicy', 'PutFileSystemPolicy',
            'UpdateDomainConfig', 'UpdateElasticsearchDomainConfig', 'CreateDomain', 'CreateElasticsearchDomain',
            'PutBackupVaultAccessPolicy', 'SetVaultAccessPolicy', 'PutDomainPermissionsPolicy',
            'PutRepositoryPermissionsPolicy', 'PutPermission', 'ModifyDocumentPermission')
        AND errorcode IS NULL
        AND json_extract(requestparameters, '$.condition') IS NULL
),
statements AS (
    SELECT c.event_id, json_format(json_extract(s.statement, '$.Principal')) AS principal,
        json_format(json_extract(s.statement, '$.NotPrincipal')) AS not_principal,
        COALESCE(json_format(json_extract(s.statement, '$.Action')), 'all but some calls') AS actions,
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
opened AS (
    SELECT event_id, array_join(array_agg(DISTINCT actions ORDER BY actions), ', ') AS opened
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
    COALESCE(o.opened, 'all calls') AS opened, c.service
FROM found c
LEFT JOIN opened o ON o.event_id = c.event_id
WHERE o.event_id IS NOT NULL
    OR c.principal = '*'
    OR lower(c.shared) LIKE '%"all"%'
