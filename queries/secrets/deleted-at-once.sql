-- ---
-- id = "secrets.deleted-at-once"
-- title = "Secrets were deleted beyond recovery"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["secrets.deleted"]
-- says = "{actor} deleted secrets in {account_id} without a recovery window ({secrets} secrets): {resource}. They cannot be restored"
-- description = "One finding per actor and day. Leaves out CloudFormation, and secrets that a database service deletes with its database. Five secrets or more are high."
-- benign = ["A test environment is being rebuilt under the same names"]
-- steps = [
--     "Find what reads these secrets and no longer can: trailbrief query --last 24h \"SELECT eventtime, useridentity.arn FROM events WHERE eventname = 'GetSecretValue' AND errorcode IS NOT NULL\"",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Set the values again from where they come from; there is no copy in AWS unless another Region holds a former replica",
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
        AND COALESCE(useridentity.invokedby, '') <> 'cloudformation.amazonaws.com'
        AND json_extract_scalar(requestparameters, '$.forceDeleteWithoutRecovery') = 'true'
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
    CASE WHEN COUNT(DISTINCT resource) >= 5 THEN 'high' END AS severity
FROM found
GROUP BY account_id, actor, day
