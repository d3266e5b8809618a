-- ---
-- id = "sso.permission-set-admin"
-- title = "Permission set of Identity Center received administrator rights"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource", "granted"]
-- says = "{actor} gave permission set {resource} administrator rights: {granted}"
-- description = "Administrator rights are the managed policies of that kind, or an inline Allow of *, iam:* or sso:* on all resources."
-- benign = ["An administrator permission set is being set up, as announced in advance"]
-- steps = [
--     "aws sso-admin list-accounts-for-provisioned-permission-set with the permission set's ARN: where it applies",
--     "Ask the actor for the change ticket",
--     "Take the rights back: aws sso-admin detach-managed-policy-from-permission-set or delete-inline-policy-from-permission-set, then provision-permission-set",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH changes AS (
    SELECT
        eventtime AS event_time,
        COALESCE(recipientaccountid, account) AS account_id,
        awsregion AS region,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
            NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
        eventname AS action,
        COALESCE(regexp_extract(json_extract_scalar(requestparameters, '$.permissionSetArn'), '[^/]+$'),
            'unknown') AS resource,
        sourceipaddress AS source_ip,
        eventid AS event_id,
        json_extract_scalar(requestparameters, '$.managedPolicyArn') AS policy_arn,
        json_format(json_extract(json_extract_scalar(requestparameters, '$.inlinePolicy'),
            '$.Statement')) AS statements
    FROM events
    WHERE eventsource = 'sso.amazonaws.com'
        AND eventname IN ('AttachManagedPolicyToPermissionSet', 'PutInlinePolicyToPermissionSet')
        AND errorcode IS NULL
),
statements AS (
    SELECT
        c.event_id,
        lower(json_format(json_extract(s.statement, '$.Action'))) AS actions
    FROM changes c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
    WHERE json_extract_scalar(s.statement, '$.Effect') = 'Allow'
        AND json_format(json_extract(s.statement, '$.Resource')) LIKE '%"*"%'
),
grants AS (
    SELECT
        event_id,
        array_join(array_agg(DISTINCT actions ORDER BY actions), ', ') AS actions
    FROM statements
    WHERE regexp_like(actions, '"([*]|[*]:[*]|iam:[*]|sso:[*])"')
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
    COALESCE(g.actions, c.policy_arn) AS granted
FROM changes c
LEFT JOIN grants g ON g.event_id = c.event_id
WHERE g.event_id IS NOT NULL
    OR regexp_like(c.policy_arn,
        '^arn:aws[a-z-]*:iam::aws:policy/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$')
