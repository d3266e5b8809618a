-- ---
-- id = "policy_grants"
-- description = """
-- What a policy that was written allows or denies, and whom: one row for each principal and action of each statement.
-- Reads the documents of users, roles, groups, managed policies, permission sets, trust, buckets, access points, keys,
-- secrets, topics, queues, repositories, file systems, tables, endpoints and more, and calls that name who gets access
-- without a document. Calls that failed are left out, and so are policies that exist already and are attached."""
-- [columns]
-- event_time = "when the call was made"
-- account_id = "the account of the policy"
-- region = "the Region of the call"
-- actor = "who made the call"
-- action = "the call"
-- resource = "what the policy belongs to: the user, role, bucket, key, …"
-- source_ip = "the address that the call came from"
-- event_id = "the id of the call; it has a row for each principal and action"
-- policy_kind = "`identity` (what its holder may do), `trust` (who may assume a role), `endpoint` (of a VPC), `organization` (SCP and the like) or `resource`"
-- effect = "`Allow` or `Deny`"
-- principal = "who is meant, as written; NULL in a policy that is for its holder. For everybody under a condition there is a row for each account in the condition, too"
-- principal_kind = "`everybody`, `own account`, `organization` (in accounts), `partner` (in the watchlist partner-accounts), `other account`, `service`, `provider` (of identities), `holder` or `unknown`"
-- principal_account = "the account of the principal; NULL if it has none"
-- named_action = "one of the actions, as JSON; `all but …` for NotAction"
-- actions = "the actions of the statement, as JSON; `all but …` for NotAction; NULL if the call names none"
-- action_pattern = "`named_action` as a regular expression for a call in lower case: `regexp_like('iam:passrole', action_pattern)`. NotAction counts as every action; a sign that has a meaning in expressions stands for any"
-- resources = "the resources of the statement, as JSON; NULL for NotResource or if it names none"
-- resource_pattern = "the resources, as a regular expression for an ARN in lower case, of any partition as `arn:aws:…`. NotResource counts as every resource"
-- condition = "the condition in lower case, as JSON; NULL if there is none"
-- restrictions = "what of the condition can keep callers out: without negations, `IfExists`, networks as large as /7, and wildcards that anybody can match, such as an ARN of any account (but a bucket by its name counts)"
-- restricted = "`yes` if the restrictions are about who calls, from where or for whom; else `no`"
-- ---
WITH written AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id, eventsource, useridentity,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            json_extract_scalar(requestparameters, '$.roleName'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.permissionSetArn'),
            json_extract_scalar(requestparameters, '$.bucketName'),
            json_extract_scalar(requestparameters, '$.secretId'),
            json_extract_scalar(requestparameters, '$.topicArn'),
            json_extract_scalar(requestparameters, '$.queueUrl'),
            json_extract_scalar(requestparameters, '$.repositoryName'),
            json_extract_scalar(requestparameters, '$.fileSystemId'),
            json_extract_scalar(requestparameters, '$.domainName'),
            json_extract_scalar(requestparameters, '$.backupVaultName'),
            json_extract_scalar(requestparameters, '$.vaultName'),
            json_extract_scalar(requestparameters, '$.functionName'),
            json_extract_scalar(requestparameters, '$.layerName'),
            json_extract_scalar(requestparameters, '$.resourceArn'),
            json_extract_scalar(requestparameters, '$.tableBucketARN'),
            json_extract_scalar(requestparameters, '$.keyId'),
            json_extract_scalar(requestparameters, '$.destinationName'),
            json_extract_scalar(requestparameters, '$.policyName'),
            json_extract_scalar(requestparameters, '$.policyArn'),
            json_extract_scalar(requestparameters, '$.eventBusName'),
            json_extract_scalar(requestparameters, '$.domain'),
            json_extract_scalar(requestparameters, '$.name'), resource, 'unknown') AS resource,
        COALESCE(
            json_format(json_extract(COALESCE(
                json_extract_scalar(requestparameters, '$.policyDocument'),
                json_extract_scalar(requestparameters, '$.assumeRolePolicyDocument'),
                json_extract_scalar(requestparameters, '$.inlinePolicy'),
                NULLIF(json_extract_scalar(requestparameters, '$.policy'), ''),
                json_extract_scalar(requestparameters, '$.policy.policy'),
                json_extract_scalar(requestparameters, '$.bucketPolicy'),
                json_extract_scalar(requestparameters, '$.resourcePolicy'),
                json_extract_scalar(requestparameters, '$.policyText'),
                json_extract_scalar(requestparameters, '$.policyInJson'),
                json_extract_scalar(requestparameters, '$.accessPolicies'),
                json_extract_scalar(requestparameters, '$.accessPolicy'),
                json_extract_scalar(requestparameters, '$.content'),
                json_extract_scalar(requestparameters, '$.attributes.Policy'),
                json_extract_scalar(requestparameters, '$.attributeValue'),
                json_extract_scalar(requestparameters, '$.PutAccessPointPolicyRequest.Policy'),
                json_extract_scalar(requestparameters, '$.PutAccessPointPolicyForObjectLambdaRequest.Policy'),
                json_extract_scalar(requestparameters, '$.CreateVpcEndpointRequest.PolicyDocument'),
                json_extract_scalar(requestparameters, '$.ModifyVpcEndpointRequest.PolicyDocument'),
                json_format(json_extract(requestparameters, '$.bucketPolicy')),
                json_format(json_extract(requestparameters, '$.policyDocument')),
                json_format(json_extract(requestparameters, '$.assumeRolePolicyDocument')),
                json_format(json_extract(requestparameters, '$.attributes.Policy')),
                json_format(json_extract(requestparameters, '$.accessPolicies')),
                json_format(json_extract(requestparameters, '$.resourcePolicy')),
                json_format(json_extract(requestparameters, '$.policy'))), '$.Statement')),
            concat('{"Effect":"Allow","Principal":', COALESCE(
                json_format(json_extract(requestparameters, '$.granteePrincipal')),
                json_format(json_extract(requestparameters, '$.principals')),
                json_format(json_extract(requestparameters, '$.principal')),
                json_format(json_extract(requestparameters, '$.aWSAccountIds')),
                json_format(json_extract(requestparameters, '$.aWSAccountId')),
                json_format(json_extract(requestparameters, '$.accountIdsToAdd'))),
                ',"Action":', COALESCE(
                json_format(json_extract(requestparameters, '$.actions')),
                json_format(json_extract(requestparameters, '$.actionNames')),
                json_format(json_extract(requestparameters, '$.actionName')),
                json_format(json_extract(requestparameters, '$.operations')),
                json_format(json_extract(requestparameters, '$.action')), 'null'),
                COALESCE(concat(',"Condition":{"StringEquals":{"aws:SourceArn":', COALESCE(
                    json_format(json_extract(requestparameters, '$.condition.value')),
                    json_format(json_extract(requestparameters, '$.principalOrgID')),
                    json_format(json_extract(requestparameters, '$.organizationId')),
                    json_format(json_extract(requestparameters, '$.sourceAccount')),
                    json_format(json_extract(requestparameters, '$.sourceArn'))), '}}'), ''), '}')) AS statements
    FROM calls
    WHERE eventname IN ('PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'CreatePolicy', 'CreatePolicyVersion',
            'UpdatePolicy', 'CreateRole', 'UpdateAssumeRolePolicy', 'PutInlinePolicyToPermissionSet', 'PutBucketPolicy',
            'PutAccessPointPolicy', 'PutAccessPointPolicyForObjectLambda', 'PutTableBucketPolicy', 'PutTablePolicy',
            'PutVectorBucketPolicy', 'PutKeyPolicy', 'CreateKey', 'ReplicateKey', 'CreateGrant', 'PutResourcePolicy',
            'CreateTopic', 'SetTopicAttributes', 'CreateQueue', 'SetQueueAttributes', 'AddPermission',
            'AddPermission20150331', 'AddPermission20150331v2', 'AddLayerVersionPermission20181031',
            'SetRepositoryPolicy', 'PutRegistryPolicy', 'PutFileSystemPolicy', 'CreateDomain', 'UpdateDomainConfig',
            'CreateElasticsearchDomain', 'UpdateElasticsearchDomainConfig', 'PutBackupVaultAccessPolicy',
            'SetVaultAccessPolicy', 'CreateTable', 'PutDomainPermissionsPolicy', 'PutRepositoryPermissionsPolicy',
            'PutPermission', 'PutDestinationPolicy', 'PutIdentityPolicy', 'CreateEmailIdentityPolicy',
            'UpdateEmailIdentityPolicy', 'PutPolicy', 'PutContainerPolicy', 'CreateVpcEndpoint', 'ModifyVpcEndpoint',
            'ModifyDocumentPermission', 'CreateResourceShare', 'AssociateResourceShare')
        AND errorcode IS NULL
),
statements AS (
    SELECT w.*, json_extract_scalar(s.statement, '$.Effect') AS effect,
        COALESCE(json_format(json_extract(s.statement, '$.Principal')),
            CASE WHEN json_extract(s.statement, '$.NotPrincipal') IS NULL THEN '"holder"' ELSE '"*"' END) AS principals,
        NULLIF(json_format(json_extract(s.statement, '$.Action')), 'null') AS named_calls,
        json_format(json_extract(s.statement, '$.NotAction')) AS other_calls,
        json_format(json_extract(s.statement, '$.Resource')) AS resources,
        lower(json_format(json_extract(s.statement, '$.Condition'))) AS condition,
        regexp_replace(
            regexp_replace(
                regexp_replace(COALESCE(lower(json_format(json_extract(s.statement, '$.Condition'))), ''),
                    '[$][{]aws:(principal|source|user)[^}]*[}]', '*'),
                '[$][{][^}]*[}]', 'x'),
            concat(
                '"((foranyvalue:)?(stringnot[a-z]*|arnnot[a-z]*|notipaddress[a-z]*|[a-z]+ifexists)|null',
                '|forallvalues:[a-z]+)":[{][^}]*[}]',
                '|"[^"]+":("([0-9]*[*?][^"]*|(o-[*?]|repo:[*]|arn:[^:"]*:([^:"]*[^3:"]:[^:"]*:[^:"]*[*?]',
                '|[^:"]*:([*]:[*]:[*]|::?[*?])))[^"]*|a(r(n(:[^:"]*){0,3})?)?[*?])"',
                '|\[[^\]]*"([0-9]*[*?]|o-[*?]|repo:[*]|arn:[^:"]*:([^:"]*[^3:"]:[^:"]*:[^:"]*[*?]',
                '|[^:"]*:([*]:[*]:[*]|::?[*?]))|a(r(n(:[^:"]*){0,3})?)?[*?]")[^\]]*\])',
                '|"aws:(vpc)?sourceip":("[^"]*/[0-7]"|\[[^\]]*/[0-7]"[^\]]*\])',
                '|"aws:principalisawsservice":\[?"?false"?\]?'
            ), '') AS restrictions
    FROM written w
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN w.statements LIKE '[%' THEN w.statements ELSE concat('[', w.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
),
principals AS (
    SELECT s.*, p.principal,
        regexp_extract(p.principal, '^(arn:[^:]*:[a-z0-9-]*:[a-z0-9-]*:)?([0-9]{12})(:|$)', 2) AS principal_account
    FROM statements s
    CROSS JOIN UNNEST(regexp_extract_all(
        concat(s.principals, CASE
            WHEN s.principals LIKE '%"*"%'
                THEN concat(',"', array_join(regexp_extract_all(s.restrictions, '[":]([0-9]{12})[":]', 1), '","'), '"')
            ELSE ''
        END), '"([^"]+)"([,}\]]|$)', 1)) AS p(principal)
)
SELECT p.event_time, p.account_id, p.region, p.actor, p.action, p.resource,
    p.source_ip, p.event_id, p.eventsource, p.useridentity,
    CASE
        WHEN p.eventsource = 'iam.amazonaws.com' AND p.action IN ('CreateRole', 'UpdateAssumeRolePolicy') THEN 'trust'
        WHEN p.eventsource IN ('iam.amazonaws.com', 'sso.amazonaws.com') THEN 'identity'
        WHEN p.action LIKE '%VpcEndpoint' THEN 'endpoint'
        WHEN p.eventsource = 'organizations.amazonaws.com' AND p.action IN ('CreatePolicy', 'UpdatePolicy')
            THEN 'organization'
        ELSE 'resource'
    END AS policy_kind,
    p.effect, NULLIF(p.principal, 'holder') AS principal,
    CASE
        WHEN p.principal = 'holder' THEN 'holder'
        WHEN lower(p.principal) = 'all' OR regexp_like(p.principal, '^([*?]+$|arn:[^:]*:(iam|sts)::[*?]+:)')
            THEN 'everybody'
        WHEN regexp_like(p.principal, ':(saml|oidc)-provider/|^(cognito-identity[.]amazonaws|www[.]amazon)[.]com$')
            THEN 'provider'
        WHEN regexp_like(p.principal, '[.](amazonaws[.]com([.]cn)?|amazon[.]com|aws[.]internal)$') THEN 'service'
        WHEN regexp_like(p.principal, '^[a-z0-9-]+[.][a-z0-9.-]+$') THEN 'provider'
        WHEN p.principal_account = p.account_id THEN 'own account'
        WHEN o.account_id IS NOT NULL THEN 'organization'
        WHEN w.account_id IS NOT NULL THEN 'partner'
        WHEN p.principal_account IS NOT NULL AND p.account_id <> '' THEN 'other account'
        ELSE 'unknown'
    END AS principal_kind,
    p.principal_account, COALESCE(concat('all but ', p.other_calls), a.action) AS named_action,
    COALESCE(p.named_calls, concat('all but ', p.other_calls)) AS actions,
    concat('^', regexp_replace(
        regexp_replace(lower(replace(a.action, '"', '')), '[?]*[*][*?]*', '.*'),
        '[?.+^$(){}|\[\]\\]', '.'), '$') AS action_pattern,
    p.resources,
    concat('^(', replace(regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(lower(COALESCE(p.resources, '"*"')), '"arn:aws[a-z-]*:', '"arn:aws:'),
                '^\[?"|"\]?$', ''),
            '[?]*[*][*?]*', '.*'),
        '[?.+^$(){}|\[\]\\]', '.'), '","', '|'), ')$') AS resource_pattern,
    p.condition, p.restrictions,
    CASE
        WHEN regexp_like(p.restrictions, concat(
                '"(aws:(sourceip|vpcsourceip|sourcevpc(e|arn)?|source(arn|account|owner|orgid|orgpaths)',
                '|principal(arn|account|orgid|orgpaths|servicename|servicenameslist|isawsservice)|userid)',
                '|saml:[a-z]+|kms:calleraccount|elasticfilesystem:accessedviamounttarget|s3:dataaccesspoint[a-z]*)"'))
            THEN 'yes'
        ELSE 'no'
    END AS restricted
FROM principals p
CROSS JOIN UNNEST(regexp_extract_all(COALESCE(p.named_calls, '"*"'), '"[^"]+"')) AS a(action)
LEFT JOIN (SELECT DISTINCT account_id FROM accounts) o ON o.account_id = p.principal_account
LEFT JOIN (SELECT DISTINCT value AS account_id FROM watchlist WHERE list = 'partner-accounts') w
    ON w.account_id = p.principal_account
