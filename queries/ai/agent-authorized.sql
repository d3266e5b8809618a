-- ---
-- id = "ai.agent-authorized"
-- title = "AI agent was allowed to call AWS for a person"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0006:T1528"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} allowed an agent to act through {resource} in {account_id} ({occurrences}×)"
-- description = "Reports the grant for an MCP server. The calls of the agent carry the rights of the person."
-- benign = ["A developer works with an assistant"]
-- steps = [
--     "Check which calls the agent made: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.invokedby = 'aws-mcp.amazonaws.com'\"",
--     "Revoke the sessions of the person if nobody expects it",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html", "https://attack.mitre.org/techniques/T1528/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.resource'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname = 'CreateOAuth2Token'
        AND errorcode IS NULL
        AND lower(json_extract_scalar(requestparameters, '$.resource')) LIKE '%mcp%'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
