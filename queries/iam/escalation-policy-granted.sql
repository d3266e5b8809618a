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
WITH granted AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id, lower(actions) AS actions,
        CASE
            WHEN action_pattern LIKE '%*%' AND regexp_like('iam:putrolepolicy', action_pattern) THEN 1
            ELSE 0
        END AS administrator
    FROM policy_grants
    WHERE policy_kind = 'identity'
        AND effect = 'Allow'
        AND condition IS NULL
        AND (
            regexp_like('iam:passrole', action_pattern) OR regexp_like('sts:assumerole', action_pattern)
            OR regexp_like('iam:createpolicyversion', action_pattern)
            OR regexp_like('iam:setdefaultpolicyversion', action_pattern)
            OR regexp_like('iam:createaccesskey', action_pattern)
            OR regexp_like('iam:createloginprofile', action_pattern)
            OR regexp_like('iam:updateloginprofile', action_pattern)
            OR regexp_like('iam:addusertogroup', action_pattern)
            OR regexp_like('iam:updateassumerolepolicy', action_pattern)
            OR regexp_like('iam:attachrolepolicy', action_pattern)
            OR regexp_like('iam:attachuserpolicy', action_pattern)
            OR regexp_like('iam:attachgrouppolicy', action_pattern)
            OR regexp_like('iam:putrolepolicy', action_pattern) OR regexp_like('iam:putuserpolicy', action_pattern)
            OR regexp_like('iam:putgrouppolicy', action_pattern)
        )
        AND (
            regexp_like(concat('arn:aws:iam::', account_id, ':role/any-name'), resource_pattern)
            OR regexp_like(concat('arn:aws:iam::', account_id, ':user/any-name'), resource_pattern)
            OR regexp_like(concat('arn:aws:iam::', account_id, ':group/any-name'), resource_pattern)
            OR regexp_like(concat('arn:aws:iam::', account_id, ':policy/any-name'), resource_pattern)
        )
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
    array_join(array_agg(DISTINCT actions ORDER BY actions), ', ') AS actions
FROM granted
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id
HAVING MAX(administrator) = 0
