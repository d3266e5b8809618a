-- ---
-- id = "organization.policy-changed"
-- title = "Policies of the organization were created, changed or attached"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1484"]
-- cis = ["4.15"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} ran {action} on {resource} of the organization ({occurrences}×)"
-- description = "Leaves out Control Tower's own changes."
-- benign = ["Guardrails are being rolled out from a repository"]
-- steps = [
--     "Compare the text with the one before: aws organizations describe-policy --policy-id POLICY",
--     "A new Allow, a shorter list of actions or a new exception is a hole; a new Deny can lock others out",
--     "Ask the actor for the change ticket",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html", "https://attack.mitre.org/techniques/T1484/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.policyId'),
            json_extract_scalar(responseelements, '$.policy.policySummary.id'),
            json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.policyType'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(requestparameters, '$.targetId') AS target
    FROM calls
    WHERE eventsource = 'organizations.amazonaws.com'
        AND eventname IN ('CreatePolicy', 'UpdatePolicy', 'AttachPolicy', 'EnablePolicyType')
        AND errorcode IS NULL
        AND COALESCE(useridentity.invokedby, '') <> 'controltower.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT target ORDER BY target), 1, 20), ', ') AS targets
FROM found
GROUP BY account_id, actor, hour
