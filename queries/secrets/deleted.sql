-- ---
-- id = "secrets.deleted"
-- title = "Secrets were deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted secrets in {account_id} ({secrets} secrets, without a recovery window: {at_once}): {resource}"
-- description = "One finding per actor and day. A deleted secret can be restored during its recovery window. Those without one are also in secrets.deleted-at-once. Leaves out secrets that a database service deletes with its database. Those with a window are low."
-- benign = ["An application is being retired", "Infrastructure is being torn down"]
-- steps = [
--     "Restore what is still in use: aws secretsmanager restore-secret --secret-id SECRET",
--     "Look for other deletions by the actor: trailbrief query --last 24h \"SELECT eventtime, eventsource, eventname FROM events WHERE eventname LIKE 'Delete%'\"",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html", "https://attack.mitre.org/techniques/T1485/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.arn'), json_extract_scalar(responseelements, '$.ARN'),
            json_extract_scalar(responseelements, '$.aRN'), json_extract_scalar(requestparameters, '$.secretId'),
            json_extract_scalar(requestparameters, '$.name'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.forceDeleteWithoutRecovery'), 'false') AS at_once,
        json_extract_scalar(requestparameters, '$.recoveryWindowInDays') AS recovery_days
    FROM calls
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventname = 'DeleteSecret'
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND COALESCE(useridentity.invokedby, '') NOT IN ('rds.amazonaws.com', 'redshift.amazonaws.com')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    MAX(at_once) AS at_once,
    MIN(TRY_CAST(recovery_days AS BIGINT)) AS recovery_days,
    COUNT(DISTINCT resource) AS secrets, day,
    CASE WHEN MAX(at_once) = 'false' THEN 'low' END AS severity
FROM found
GROUP BY account_id, actor, day
