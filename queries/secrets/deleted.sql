-- ---
-- id = "secrets.deleted"
-- title = "Secret was deleted"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} deleted secret {resource} in {account_id}, {region} (without a recovery window: {at_once})"
-- benign = ["An application is being retired"]
-- steps = [
--     "If the secret has a recovery window, restore it until somebody explains the deletion",
--     "Ask the actor for the ticket",
--     "Look for other deletions by the actor: activity.resource-deletion",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html", "https://attack.mitre.org/techniques/T1485/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(responseelements, '$.arn'), json_extract_scalar(responseelements, '$.ARN'),
        json_extract_scalar(requestparameters, '$.secretId'), json_extract_scalar(requestparameters, '$.name'),
        'unknown') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.forceDeleteWithoutRecovery'), 'false') AS at_once,
    json_extract_scalar(requestparameters, '$.recoveryWindowInDays') AS recovery_days
FROM events
WHERE eventsource = 'secretsmanager.amazonaws.com'
    AND eventname = 'DeleteSecret'
    AND errorcode IS NULL
