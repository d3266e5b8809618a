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
--     "If nobody announced it, take the rights away: aws iam detach-role-policy --role-name ROLE --policy-arn POLICY (detach-user-policy, detach-group-policy), or aws iam delete-role-policy --role-name ROLE --policy-name POLICY",
--     "Block the actor's key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "See what the identity did with the rights: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE useridentity.arn LIKE '%NAME%'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH granted AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id, lower(named_action) AS granted,
        CASE WHEN condition IS NULL THEN 'no' ELSE 'yes' END AS conditional
    FROM policy_grants
    WHERE policy_kind = 'identity'
        AND effect = 'Allow'
        AND action_pattern LIKE '%*%'
        AND (
            regexp_like('iam:putrolepolicy', action_pattern) OR regexp_like('iam:putuserpolicy', action_pattern)
            OR regexp_like('iam:putgrouppolicy', action_pattern) OR regexp_like('iam:attachrolepolicy', action_pattern)
            OR regexp_like('iam:attachuserpolicy', action_pattern)
            OR regexp_like('iam:attachgrouppolicy', action_pattern)
            OR regexp_like('iam:createpolicyversion', action_pattern)
        )
        AND (
            regexp_like(concat('arn:aws:iam::', account_id, ':role/any-name'), resource_pattern)
            OR regexp_like(concat('arn:aws:iam::', account_id, ':user/any-name'), resource_pattern)
            OR regexp_like(concat('arn:aws:iam::', account_id, ':group/any-name'), resource_pattern)
            OR regexp_like(concat('arn:aws:iam::', account_id, ':policy/any-name'), resource_pattern)
        )
        AND NOT (
            resource LIKE 'AWSReservedSSO_%'
            AND (
                COALESCE(useridentity.invokedby, '') = 'sso.amazonaws.com'
                OR COALESCE(useridentity.sessioncontext.sessionissuer.arn, '') LIKE '%/AWSServiceRoleForSSO'
            )
        )
    UNION ALL
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            json_extract_scalar(requestparameters, '$.roleName'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.permissionSetArn'), 'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.policyArn'),
            json_extract_scalar(requestparameters, '$.managedPolicyArn')) AS granted,
        'no' AS conditional
    FROM calls
    WHERE eventsource IN ('iam.amazonaws.com', 'sso.amazonaws.com')
        AND eventname IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy',
            'AttachManagedPolicyToPermissionSet')
        AND errorcode IS NULL
        AND regexp_like(requestparameters,
            '"arn:aws[a-z-]*:iam::aws:policy/(AdministratorAccess|IAMFullAccess|PowerUserAccess)"')
        AND NOT (
            COALESCE(json_extract_scalar(requestparameters, '$.roleName'), '') LIKE 'AWSReservedSSO_%'
            AND (
                COALESCE(useridentity.invokedby, '') = 'sso.amazonaws.com'
                OR COALESCE(useridentity.sessioncontext.sessionissuer.arn, '') LIKE '%/AWSServiceRoleForSSO'
            )
        )
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
    array_join(array_agg(DISTINCT granted ORDER BY granted), ', ') AS granted, MIN(conditional) AS conditional
FROM granted
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id
