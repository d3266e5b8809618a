-- ---
-- id = "sso.permission-set-changed"
-- title = "Permission sets of Identity Center were changed or assignments removed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} changed {resource} of Identity Center in {account_id} by {action} ({occurrences}×)"
-- benign = ["Access is being set up from a repository"]
-- steps = [
--     "Compare the changes with the repository or the ticket",
--     "See iam.admin-policy-granted for grants of administrator rights",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(regexp_extract(json_extract_scalar(requestparameters, '$.permissionSetArn'), '[^/]+$'),
            json_extract_scalar(requestparameters, '$.permissionSetId'),
            json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.profileId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.managedPolicyArn'),
            json_extract_scalar(requestparameters, '$.customerManagedPolicyReference.name')) AS policy
    FROM calls
    WHERE eventsource = 'sso.amazonaws.com'
        AND eventname IN ('CreatePermissionSet', 'UpdatePermissionSet', 'DeletePermissionSet', 'ProvisionPermissionSet',
            'AttachManagedPolicyToPermissionSet', 'DetachManagedPolicyFromPermissionSet',
            'AttachCustomerManagedPolicyReferenceToPermissionSet',
            'DetachCustomerManagedPolicyReferenceFromPermissionSet',
            'PutInlinePolicyToPermissionSet', 'DeleteInlinePolicyFromPermissionSet',
            'PutPermissionsPolicy', 'DeletePermissionsPolicy',
            'PutPermissionsBoundaryToPermissionSet', 'DeletePermissionsBoundaryFromPermissionSet',
            'DeleteAccountAssignment', 'DisassociateProfile')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT policy ORDER BY policy), 1, 20), ', ') AS policies
FROM found
GROUP BY account_id, actor, day
