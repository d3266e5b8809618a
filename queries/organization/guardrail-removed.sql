-- ---
-- id = "organization.guardrail-removed"
-- title = "Guardrail policy of the organization was detached, deleted or switched off"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1666"]
-- cis = ["4.15"]
-- about = ["account_id", "actor", "hour"]
-- replaces = ["organization.policy-changed"]
-- says = "{actor} ran {action} on {policies} of the organization ({occurrences}×), targets: {resource}"
-- description = "Leaves out Control Tower's own changes. DetachPolicy and DeletePolicy do not say what kind of policy it was."
-- benign = ["The guardrails are being rebuilt from a repository, as announced"]
-- steps = [
--     "Put it back first: aws organizations attach-policy --policy-id POLICY --target-id TARGET, or enable-policy-type; the text of a deleted one is in earlier CreatePolicy or UpdatePolicy events",
--     "Look for what the policy forbade and somebody did since: trailbrief query --last 24h \"SELECT eventtime, account, eventname FROM events WHERE readonly = 'false' AND errorcode IS NULL\"",
--     "Ask the actor for the change ticket. If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html", "https://attack.mitre.org/techniques/T1666/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.targetId'),
            json_extract_scalar(requestparameters, '$.rootId'),
            json_extract_scalar(requestparameters, '$.policyId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        COALESCE(json_extract_scalar(requestparameters, '$.policyId'),
            json_extract_scalar(requestparameters, '$.policyType'), 'unknown') AS policy
    FROM calls
    WHERE eventsource = 'organizations.amazonaws.com'
        AND eventname IN ('DetachPolicy', 'DeletePolicy', 'DisablePolicyType')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.policyType'), 'SERVICE_CONTROL_POLICY')
            IN ('SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY', 'DECLARATIVE_POLICY_EC2')
        AND COALESCE(useridentity.invokedby, '') <> 'controltower.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT policy ORDER BY policy), 1, 20), ', ') AS policies
FROM found
GROUP BY account_id, actor, hour
