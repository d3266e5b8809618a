-- ---
-- id = "secrets.policy-changed"
-- title = "Resource policy of a secret was changed, or the secret was replicated"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} ran {action} on secret {resource} in {account_id}, {region} (open to everybody: {to_everybody})"
-- description = "A record of every change. to_everybody depends on the principals of the Allow statements and on whether their conditions can keep anybody out; unknown means that the policy could not be read. Access for everybody is reported at once by sharing.resource-public, for another account by sharing.resource-shared-outside."
-- benign = ["The secret is being shared within the organization, as announced in advance"]
-- steps = [
--     "Check who has access under the new policy",
--     "Remove the policy and rotate the secret if nobody can explain it",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.arn'), json_extract_scalar(responseelements, '$.ARN'),
            json_extract_scalar(requestparameters, '$.secretId'), json_extract_scalar(requestparameters, '$.name'),
            'unknown') AS resource,
        source_ip, event_id, json_extract_scalar(requestparameters, '$.resourcePolicy') AS resource_policy,
        json_format(json_extract(json_extract_scalar(requestparameters, '$.resourcePolicy'), '$.Statement'))
            AS statements
    FROM calls
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventname IN ('PutResourcePolicy', 'DeleteResourcePolicy', 'ReplicateSecretToRegions')
        AND errorcode IS NULL
),
statements AS (
    SELECT c.event_id, json_format(json_extract(s.statement, '$.Principal')) AS principal,
        json_format(json_extract(s.statement, '$.NotPrincipal')) AS not_principal,
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
    SELECT DISTINCT event_id
    FROM statements
    WHERE (principal LIKE '%"*"%' OR not_principal IS NOT NULL)
        AND NOT regexp_like(restrictions, concat(
            '"(aws:(sourceip|vpcsourceip|sourcevpce?|source(arn|account|owner|orgid|orgpaths)',
            '|principal(arn|account|orgid|orgpaths|servicename|isawsservice)|userid)',
            '|kms:calleraccount|elasticfilesystem:accessedviamounttarget|s3:dataaccesspoint[a-z]*)"'
        ))
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id,
    c.resource_policy,
    CASE
        WHEN p.event_id IS NOT NULL THEN 'yes'
        WHEN c.resource_policy IS NOT NULL AND c.statements IS NULL THEN 'unknown'
        ELSE 'no'
    END AS to_everybody
FROM found c
LEFT JOIN public_statements p ON p.event_id = c.event_id
