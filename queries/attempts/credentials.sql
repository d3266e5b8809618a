-- ---
-- id = "attempts.credentials"
-- title = "Denied: creating or changing credentials of users"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001", "TA0003:T1136.003"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} was denied {action} in {account_id} ({occurrences}×): an attempt to get or change credentials of a user"
-- description = "One finding per person or key and day, with every such call that IAM denied. Calls that AWS services make are left out."
-- benign = ["A new deployment lacks a permission", "Somebody tries what they may do after a change of roles"]
-- steps = [
--     "If nobody can explain it, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Find out who is behind the actor, and from where: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "Look for calls of the same actor that were allowed",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            regexp_extract(errormessage, 'on resource: ([^ ]+)', 1),
            'unknown') AS resource,
        source_ip, event_id, errorcode AS error_codes
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('CreateUser', 'CreateAccessKey', 'UpdateAccessKey', 'CreateLoginProfile',
            'UpdateLoginProfile', 'ChangePassword', 'DeactivateMFADevice', 'DeleteVirtualMFADevice',
            'EnableMFADevice', 'CreateVirtualMFADevice', 'ResyncMFADevice',
            'CreateServiceSpecificCredential', 'ResetServiceSpecificCredential', 'UploadSSHPublicKey',
            'UploadSigningCertificate', 'UpdateUser')
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
