-- ---
-- id = "ai.guardrail-changed"
-- title = "Guardrail of Bedrock was changed or deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}"
-- benign = ["A team tunes its filters"]
-- steps = [
--     "Compare with the earlier version: aws bedrock get-guardrail --guardrail-identifier ID --guardrail-version VERSION",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.guardrailIdentifier'),
            json_extract_scalar(requestparameters, '$.configId'),
            'enforced guardrail',
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'bedrock.amazonaws.com'
        AND eventname IN ('DeleteGuardrail', 'UpdateGuardrail', 'DeleteEnforcedGuardrailConfiguration',
            'PutEnforcedGuardrailConfiguration')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
