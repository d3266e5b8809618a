-- ---
-- id = "iam.permissions-boundary-removed"
-- title = "Permissions boundary was taken from an identity"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource"]
-- says = "{actor} ran {action} on {resource} in {account_id}: the boundary that limited its rights is now {boundary}"
-- description = "Reports a removed boundary and one that limits nothing (AdministratorAccess, PowerUserAccess). Other new boundaries are left out: iam.policy-changed covers what they limit."
-- benign = ["Infrastructure is being torn down: the identity is deleted next"]
-- steps = [
--     "Put the boundary back: aws iam put-role-permissions-boundary --role-name ROLE --permissions-boundary BOUNDARY (put-user-permissions-boundary for a user)",
--     "See what the identity did without it: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn LIKE '%NAME%'\"",
--     "If the identity did it to itself, treat it as stolen and block its keys",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.roleName'),
        json_extract_scalar(requestparameters, '$.userName'),
        json_extract_scalar(requestparameters, '$.permissionSetArn'), 'unknown') AS resource,
    source_ip, event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.permissionsBoundary'), 'none') AS boundary
FROM calls
WHERE eventsource IN ('iam.amazonaws.com', 'sso.amazonaws.com')
    AND eventname IN ('DeleteRolePermissionsBoundary', 'DeleteUserPermissionsBoundary',
        'DeletePermissionsBoundaryFromPermissionSet', 'PutRolePermissionsBoundary', 'PutUserPermissionsBoundary')
    AND errorcode IS NULL
    AND (
        eventname LIKE 'Delete%'
        OR regexp_like(json_extract_scalar(requestparameters, '$.permissionsBoundary'),
            '^arn:aws[a-z-]*:iam::aws:policy/(AdministratorAccess|PowerUserAccess)$')
    )
