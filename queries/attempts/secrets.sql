-- ---
-- id = "attempts.secrets"
-- title = "Denied: reading secrets, parameters or passwords"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1555.006"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} was denied {action} on {resource} in {account_id} ({occurrences}×)"
-- description = "One finding per person or key and day. The name of a secret is missing from most denied calls and is then taken from the error message."
-- benign = ["A new deployment lacks a permission", "Somebody tries what they may do after a change of roles"]
-- steps = [
--     "Find out who is behind the actor, and from where: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "Look for calls of the same actor that were allowed",
--     "Rotate a secret that the actor got by another way",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html", "https://attack.mitre.org/techniques/T1555/006/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.secretId'),
            json_extract_scalar(requestparameters, '$.name'),
            json_format(json_extract(requestparameters, '$.names')),
            json_extract_scalar(requestparameters, '$.instanceId'),
            json_extract_scalar(requestparameters, '$.GetConsoleScreenshotRequest.InstanceId'),
            json_extract_scalar(requestparameters, '$.GetLaunchTemplateDataRequest.InstanceId'),
            regexp_extract(errormessage, 'on resource: ([^ ]+)', 1),
            'unknown') AS resource,
        source_ip, event_id, errorcode AS error_codes
    FROM calls
    WHERE eventsource IN ('secretsmanager.amazonaws.com', 'ssm.amazonaws.com', 'ec2.amazonaws.com',
            'acm-pca.amazonaws.com', 'acm.amazonaws.com', 'kms.amazonaws.com',
            'lightsail.amazonaws.com')
        AND eventname IN ('GetSecretValue', 'BatchGetSecretValue', 'GetParameter', 'GetParameters',
            'GetParametersByPath', 'GetParameterHistory', 'GetPasswordData',
            'DescribeInstanceAttribute', 'GetLaunchTemplateData', 'ExportCertificate',
            'GetCertificate', 'IssueCertificate', 'Decrypt', 'CreateGrant', 'PutKeyPolicy',
            'DownloadDefaultKeyPair', 'GetConsoleScreenshot', 'GetConsoleOutput', 'PutResourcePolicy',
            'DeleteSecret', 'UpdateSecret', 'PutSecretValue')
        AND outcome = 'denied'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT error_codes ORDER BY error_codes), 1, 20), ', ') AS error_codes, day
FROM found
GROUP BY account_id, actor, day
