-- ---
-- id = "iam.escalation-policy-granted"
-- title = "Policy that allows to raise one's own rights was written"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource", "actions"]
-- replaces = ["iam.policy-changed"]
-- says = "{actor} allowed {resource} in {account_id} to raise its own rights by {actions}"
-- description = "Reads inline and customer managed policies: an Allow without condition, on all resources or all roles, of actions that hand out rights. Administrator rights, and wildcards that amount to them, are reported by iam.admin-policy-granted."
-- benign = ["The identity is a pipeline that manages IAM"]
-- steps = [
--     "Check who can use the identity: with these actions it can become an administrator",
--     "Restrict the actions to named roles and users, or put a permissions boundary on what they create",
--     "Take the policy back if nobody planned it: aws iam delete-role-policy, delete-user-policy or set-default-policy-version",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH changes AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            json_extract_scalar(requestparameters, '$.roleName'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.policyName'),
            json_extract_scalar(requestparameters, '$.policyArn'), 'unknown') AS resource,
        source_ip, event_id,
        json_format(json_extract(json_extract_scalar(requestparameters, '$.policyDocument'),
            '$.Statement')) AS statements
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'CreatePolicy', 'CreatePolicyVersion')
        AND errorcode IS NULL
),
statements AS (
    SELECT c.event_id, lower(json_format(json_extract(s.statement, '$.Action'))) AS actions
    FROM changes c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.statements LIKE '[%' THEN c.statements ELSE concat('[', c.statements, ']') END
    ) AS ARRAY(JSON))) AS s(statement)
    WHERE json_extract_scalar(s.statement, '$.Effect') = 'Allow'
        AND json_extract(s.statement, '$.Condition') IS NULL
        AND regexp_like(json_format(json_extract(s.statement, '$.Resource')),
            '"([*]|arn:[a-z-]*:iam::[0-9*]*:([*]|(role|user|group|policy)/[*]))"')
),
grants AS (
    SELECT event_id, array_join(array_agg(DISTINCT actions ORDER BY actions), ', ') AS actions
    FROM statements
    WHERE regexp_like(actions, concat(
            '"(iam:(passrole|pass[*]|createpolicyversion|setdefaultpolicyversion|createaccesskey|createloginprofile',
            '|updateloginprofile|addusertogroup|updateassumerolepolicy|attach(user|group|role)policy',
            '|put(user|group|role)policy|update[*]|add[*])|sts:(assumerole|[*]))"'))
        AND NOT regexp_like(actions, '"([*]|[*]:[*]|iam:[*])"')
    GROUP BY event_id
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id, g.actions
FROM changes c
INNER JOIN grants g ON g.event_id = c.event_id
