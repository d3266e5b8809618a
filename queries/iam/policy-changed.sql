-- ---
-- id = "iam.policy-changed"
-- title = "IAM policies were changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0004:T1098.003"]
-- cis = ["4.4"]
-- about = ["account_id", "actor"]
-- says = "{actor} changed IAM policies in {account_id} ({occurrences}×)"
-- benign = ["Infrastructure is being deployed"]
-- steps = [
--     "Review the policies of identities that are not part of a deployment",
--     "See iam.admin-policy-granted for grants of administrator rights",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            json_extract_scalar(requestparameters, '$.roleName'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.policyName'),
                json_extract_scalar(requestparameters, '$.policyArn')) AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.policyArn'),
            json_extract_scalar(requestparameters, '$.policyName')) AS policy,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.principalid) AS session
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy',
            'DeleteUserPolicy', 'DeleteGroupPolicy', 'DeleteRolePolicy',
            'AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy',
            'DetachUserPolicy', 'DetachGroupPolicy', 'DetachRolePolicy',
            'CreatePolicy', 'DeletePolicy', 'CreatePolicyVersion', 'DeletePolicyVersion', 'SetDefaultPolicyVersion')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.policyArn'),
            json_extract_scalar(requestparameters, '$.policyName'), '') NOT LIKE '%AWSCompromisedKeyQuarantine%'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT policy ORDER BY policy), 1, 20), ', ') AS policies,
    array_join(slice(array_agg(DISTINCT session ORDER BY session), 1, 20), ', ') AS sessions
FROM found
GROUP BY account_id, actor
