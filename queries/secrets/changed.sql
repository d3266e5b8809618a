-- ---
-- id = "secrets.changed"
-- title = "Secrets were created, changed, restored or rotated"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1565.001"]
-- about = ["account_id", "actor"]
-- says = "{actor} changed secrets in {account_id} ({occurrences}×, {secrets} secrets): {resource}"
-- benign = ["The rotation function is rotating the secret", "Infrastructure is being deployed"]
-- steps = [
--     "Ask the actor for the ticket, unless it is a rotation",
--     "Check that the application still works with the secret",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html", "https://attack.mitre.org/techniques/T1565/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.arn'),
            json_extract_scalar(responseelements, '$.ARN'),
            json_extract_scalar(requestparameters, '$.secretId'),
            json_extract_scalar(requestparameters, '$.name'), 'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventname IN ('CreateSecret', 'UpdateSecret', 'PutSecretValue', 'RestoreSecret',
            'RotateSecret', 'CancelRotateSecret', 'UpdateSecretVersionStage')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS secrets
FROM found
GROUP BY account_id, actor
