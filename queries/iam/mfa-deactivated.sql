-- ---
-- id = "iam.mfa-deactivated"
-- title = "MFA device of a user was removed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1556.006"]
-- about = ["account_id", "resource"]
-- says = "{actor} removed the MFA device {resource} in {account_id}"
-- benign = ["The user is replacing a phone", "The user is leaving"]
-- steps = [
--     "Ask the user, over another channel; until they answer: aws iam delete-login-profile --user-name USER",
--     "Check whether another device is left: aws iam list-mfa-devices --user-name USER",
--     "List the user's sign-ins since then: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, useragent FROM events WHERE eventname = 'ConsoleLogin' AND useridentity.username = 'USER'\"",
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html", "https://attack.mitre.org/techniques/T1556/006/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.serialNumber'),
            json_extract_scalar(requestparameters, '$.userName')) AS resource,
        source_ip, event_id, json_extract_scalar(requestparameters, '$.userName') AS user_name
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('DeactivateMFADevice', 'DeleteVirtualMFADevice')
        AND errorcode IS NULL
        AND NOT COALESCE(
            json_extract_scalar(requestparameters, '$.userName') = 'AWS ROOT USER'
            OR json_extract_scalar(requestparameters, '$.serialNumber') LIKE '%:mfa/root-account-mfa-device'
            OR json_extract_scalar(requestparameters, '$.serialNumber') LIKE '%:u2f/root-%'
            OR (useridentity.type = 'Root' AND json_extract_scalar(requestparameters, '$.userName') IS NULL), false)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    MAX(user_name) AS user_name
FROM found
GROUP BY account_id, actor, resource
