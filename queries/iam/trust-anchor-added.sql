-- ---
-- id = "iam.trust-anchor-added"
-- title = "Certificate authority from outside can open sessions"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "region", "actor"]
-- says = "{actor} made the certificate authority {resource} trusted in {account_id}, {region} ({action}): whoever holds its key can sign in as the roles of a Roles Anywhere profile"
-- description = "Covers trust anchors of IAM Roles Anywhere that are created, changed or enabled, except those that rest on AWS Private CA. One finding per actor and Region."
-- benign = ["Servers outside of AWS are being connected with certificates of your own authority"]
-- steps = [
--     "Switch it off until somebody explains it: aws rolesanywhere disable-trust-anchor --trust-anchor-id ANCHOR",
--     "See which roles it reaches: aws rolesanywhere list-profiles",
--     "Look for sessions that were opened with it: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, responseelements FROM events WHERE eventsource = 'rolesanywhere.amazonaws.com' AND eventname = 'CreateSession'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(responseelements, '$.trustAnchor.name'),
            json_extract_scalar(requestparameters, '$.trustAnchorId'), 'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(responseelements, '$.trustAnchor.trustAnchorArn'),
            json_extract_scalar(requestparameters, '$.trustAnchorId')) AS anchor
    FROM calls
    WHERE eventsource = 'rolesanywhere.amazonaws.com'
        AND eventname IN ('CreateTrustAnchor', 'UpdateTrustAnchor', 'EnableTrustAnchor')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.source.sourceType'),
            json_extract_scalar(responseelements, '$.trustAnchor.source.sourceType'), 'unknown') <> 'AWS_ACM_PCA'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT anchor ORDER BY anchor), 1, 20), ', ') AS anchors
FROM found
GROUP BY account_id, region, actor
