-- ---
-- id = "iam.role-trust-opened"
-- title = "Role can be assumed from outside"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.role-created"]
-- says = "{actor} let {trusted} assume role {resource} in {account_id} (requires an external id: {external_id})"
-- description = "Reads the trust policy of new and changed roles. Outside are everybody, accounts that are neither in accounts nor in the watchlist partner-accounts, and identity providers of the internet without a condition on who signs in. Trust of services and of an own SAML provider is left out."
-- benign = ["A vendor's monitoring or backup product is being connected (it should require an external id)", "A build system is being connected"]
-- steps = [
--     "If nobody announced it, close the role: aws iam update-assume-role-policy --role-name … --policy-document file://trust-before.json",
--     "Find sessions from outside: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, requestparameters FROM events WHERE eventname LIKE 'AssumeRole%' AND requestparameters LIKE '%role/…%'\"",
--     "End those sessions: IAM console, the role, Revoke sessions",
--     "Add the account to the watchlist partner-accounts if the trust is wanted",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.roleName'), 'unknown') AS resource, source_ip,
        event_id,
        json_format(json_extract(COALESCE(json_extract_scalar(requestparameters, '$.assumeRolePolicyDocument'),
            json_extract_scalar(requestparameters, '$.policyDocument')), '$.Statement')) AS statements
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('CreateRole', 'UpdateAssumeRolePolicy')
        AND errorcode IS NULL
),
statements AS (
    SELECT c.event_id, c.account_id, json_format(json_extract(s.statement, '$.Principal')) AS principal,
        json_format(json_extract(s.statement, '$.NotPrincipal')) AS not_principal,
        json_format(json_extract(s.statement, '$.Principal.Federated')) AS provider,
        lower(COALESCE(json_format(json_extract(s.statement, '$.Condition')), '')) AS conditions,
        regexp_replace(lower(COALESCE(json_format(json_extract(s.statement, '$.Condition')), '')), concat(
            '"(stringnot[a-z]*|arnnot[a-z]*|notipaddress[a-z]*|null|[a-z]+ifexists|forallvalues:[a-z]+)":[{][^}]*[}]',
            '|"aws:[a-z]+":("([*?]|arn:[a-z*-]*:[a-z*]*::[*])[^"]*"',
            '|\[[^\]]*"([*?]|arn:[a-z*-]*:[a-z*]*::[*])[^\]]*\])',
            '|"aws:sourceip":("[^"]*/[0-7]"|\[[^\]]*/[0-7]"[^\]]*\])'
        ), '') AS restrictions
    FROM found c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
    WHERE json_extract_scalar(s.statement, '$.Effect') = 'Allow'
),
trusted AS (
    SELECT event_id, 'everybody' AS trusted, conditions
    FROM statements
    WHERE (principal LIKE '%"*"%' OR not_principal IS NOT NULL)
        AND NOT regexp_like(restrictions,
            '"(aws:((vpc)?sourceip|source(vpce?|arn|account|orgid|orgpaths)|principal[a-z]+|userid)|saml:[a-z]+)"')
    UNION ALL
    SELECT s.event_id, concat('account ', a.id) AS trusted, s.conditions
    FROM statements s
    CROSS JOIN UNNEST(regexp_extract_all(s.principal, '"(arn:aws[a-z-]*:(iam|sts)::)?([0-9]{12})[":]', 3)) AS a(id)
    WHERE s.account_id <> ''
        AND a.id <> s.account_id
        AND a.id NOT IN (SELECT account_id FROM accounts)
        AND a.id NOT IN (SELECT value FROM watchlist WHERE list = 'partner-accounts')
    UNION ALL
    SELECT event_id, concat('everybody with an account at ', provider) AS trusted, conditions
    FROM statements
    WHERE provider NOT LIKE '%:saml-provider/%'
        AND NOT regexp_like(restrictions, CASE
            WHEN regexp_like(provider, 'github|gitlab[.]com|app[.]terraform|bitbucket|buildkite|circleci')
                THEN ':(sub|[a-z_]*repository[a-z_]*|job_workflow_ref)"'
            ELSE ':(sub|aud|oaud|app_id)"'
        END)
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id,
    array_join(array_agg(DISTINCT t.trusted ORDER BY t.trusted), ', ') AS trusted,
    MIN(CASE WHEN t.conditions LIKE '%"sts:externalid"%' THEN 'yes' ELSE 'no' END) AS external_id
FROM found c
JOIN trusted t ON t.event_id = c.event_id
GROUP BY c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id
