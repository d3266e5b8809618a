-- ---
-- id = "iam.admin-policy-granted"
-- title = "Policy with administrator rights was attached or written"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource"]
-- says = "{actor} gave {resource} administrator rights: {granted}"
-- description = "Reads the documents of inline and customer managed policies. Administrator rights are an Allow on all resources for *, iam:* or NotAction."
-- benign = ["An administrator role is being set up, as announced in advance"]
-- steps = [
--     "Ask the actor for the change ticket",
--     "Check who can use the identity that received the rights",
--     "Detach the policy if nobody can explain it, then list what the identity did",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH changes AS (
    SELECT
        eventtime AS event_time,
        COALESCE(recipientaccountid, account) AS account_id,
        awsregion AS region,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
            NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
        eventname AS action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            json_extract_scalar(requestparameters, '$.roleName'),
            json_extract_scalar(requestparameters, '$.groupName'),
                json_extract_scalar(requestparameters, '$.policyName'),
            json_extract_scalar(requestparameters, '$.policyArn')) AS resource,
        sourceipaddress AS source_ip,
        eventid AS event_id,
        json_extract_scalar(requestparameters, '$.policyArn') AS policy_arn,
        json_format(json_extract(json_extract_scalar(requestparameters, '$.policyDocument'),
            '$.Statement')) AS statements
    FROM events
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy',
            'PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'CreatePolicy', 'CreatePolicyVersion')
        AND errorcode IS NULL
),
statements AS (
    SELECT
        c.event_id,
        json_extract_scalar(s.statement, '$.Effect') AS effect,
        lower(json_format(json_extract(s.statement, '$.Action'))) AS actions,
        lower(json_format(json_extract(s.statement, '$.NotAction'))) AS not_actions,
        json_format(json_extract(s.statement, '$.Resource')) AS resources,
        json_format(json_extract(s.statement, '$.Condition')) AS conditions
    FROM changes c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
),
inline_grants AS (
    SELECT
        event_id,
        array_join(array_agg(DISTINCT COALESCE(actions, concat('all but ', not_actions))
            ORDER BY COALESCE(actions, concat('all but ', not_actions))), ', ') AS actions,
        MAX(CASE WHEN conditions IS NULL THEN 'no' ELSE 'yes' END) AS conditional
    FROM statements
    WHERE effect = 'Allow'
        AND resources LIKE '%"*"%'
        AND (
            actions LIKE '%"*"%'
            OR actions LIKE '%"*:*"%'
            OR actions LIKE '%"iam:*"%'
            OR not_actions IS NOT NULL
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
    COALESCE(i.actions, c.policy_arn) AS granted,
    COALESCE(i.conditional, 'no') AS conditional
FROM changes c
LEFT JOIN inline_grants i ON i.event_id = c.event_id
WHERE i.event_id IS NOT NULL
    OR (
        c.action LIKE 'Attach%'
        AND regexp_like(c.policy_arn,
            '^arn:aws[a-z-]*:iam::aws:policy/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$')
    )
