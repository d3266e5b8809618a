-- ---
-- id = "iam.admin-policy-granted"
-- title = "Policy with administrator rights was attached or written"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.escalation-policy-granted"]
-- says = "{actor} gave {resource} administrator rights: {granted}"
-- description = "Reads documents of inline and managed policies and of permission sets, wildcards by their meaning. Administrator rights are an Allow of NotAction, of everything, or of the IAM calls that write policies (iam:Put*), on all resources or on IAM as a whole. Leaves out IAM Identity Center where it provisions a permission set: the change of the set itself is reported."
-- benign = ["An administrator role is being set up, as announced in advance"]
-- steps = [
--     "If nobody announced it, take the rights away: aws iam detach-role-policy (or delete-role-policy, detach-user-policy, …) with the names from the finding",
--     "Block the actor's key: aws iam update-access-key --user-name … --access-key-id … --status Inactive",
--     "See what the identity did with the rights: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE useridentity.arn LIKE '%…%'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH changes AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            json_extract_scalar(requestparameters, '$.roleName'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.permissionSetArn'),
            json_extract_scalar(requestparameters, '$.policyName'),
            json_extract_scalar(requestparameters, '$.policyArn'), 'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.policyArn'),
            json_extract_scalar(requestparameters, '$.managedPolicyArn')) AS policy_arn,
        json_format(json_extract(COALESCE(json_extract_scalar(requestparameters, '$.policyDocument'),
            json_extract_scalar(requestparameters, '$.inlinePolicy')), '$.Statement')) AS statements
    FROM calls
    WHERE eventsource IN ('iam.amazonaws.com', 'sso.amazonaws.com')
        AND eventname IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy',
            'PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'CreatePolicy', 'CreatePolicyVersion',
            'AttachManagedPolicyToPermissionSet', 'PutInlinePolicyToPermissionSet')
        AND errorcode IS NULL
        AND NOT (
            COALESCE(json_extract_scalar(requestparameters, '$.roleName'), '') LIKE 'AWSReservedSSO_%'
            AND (
                COALESCE(useridentity.invokedby, '') = 'sso.amazonaws.com'
                OR COALESCE(useridentity.sessioncontext.sessionissuer.arn, '') LIKE '%/AWSServiceRoleForSSO'
            )
        )
),
statements AS (
    SELECT c.event_id, c.account_id,
        COALESCE(json_format(json_extract(s.statement, '$.Action')), '"*"') AS actions,
        lower(json_format(json_extract(s.statement, '$.NotAction'))) AS not_actions,
        COALESCE(json_format(json_extract(s.statement, '$.Resource')), '"*"') AS resources,
        json_format(json_extract(s.statement, '$.Condition')) AS conditions
    FROM changes c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
    WHERE json_extract_scalar(s.statement, '$.Effect') = 'Allow'
),
grants AS (
    SELECT s.event_id, s.conditions,
        COALESCE(concat('all but ', s.not_actions), lower(json_format(a.action))) AS granted,
        replace(replace(lower(json_extract_scalar(a.action, '$')), '*', '%'), '?', '_') AS calls,
        replace(replace(regexp_replace(json_extract_scalar(r.resource, '$'), '^arn:aws[a-z-]*:', 'arn:aws:'),
            '*', '%'), '?', '_') AS things,
        concat('arn:aws:iam::', s.account_id, ':') AS own
    FROM statements s
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN s.actions LIKE '[%' THEN s.actions ELSE concat('[', s.actions, ']') END
    ) AS ARRAY(JSON))) AS a(action)
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN s.resources LIKE '[%' THEN s.resources ELSE concat('[', s.resources, ']') END
    ) AS ARRAY(JSON))) AS r(resource)
),
inline_grants AS (
    SELECT event_id, array_join(array_agg(DISTINCT granted ORDER BY granted), ', ') AS actions,
        MIN(CASE WHEN conditions IS NULL THEN 'no' ELSE 'yes' END) AS conditional
    FROM grants
    WHERE calls LIKE '%\%%' ESCAPE '\'
        AND (
            'iam:putrolepolicy' LIKE calls OR 'iam:putuserpolicy' LIKE calls OR 'iam:putgrouppolicy' LIKE calls
            OR 'iam:attachrolepolicy' LIKE calls OR 'iam:attachuserpolicy' LIKE calls
            OR 'iam:attachgrouppolicy' LIKE calls OR 'iam:createpolicyversion' LIKE calls
        )
        AND (
            concat(own, 'role/~') LIKE things OR concat(own, 'user/~') LIKE things
            OR concat(own, 'group/~') LIKE things OR concat(own, 'policy/~') LIKE things
        )
    GROUP BY event_id
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id,
    COALESCE(i.actions, c.policy_arn) AS granted, COALESCE(i.conditional, 'no') AS conditional
FROM changes c
LEFT JOIN inline_grants i ON i.event_id = c.event_id
WHERE i.event_id IS NOT NULL
    OR (
        c.action LIKE 'Attach%'
        AND regexp_like(c.policy_arn,
            '^arn:aws[a-z-]*:iam::aws:policy/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$')
    )
