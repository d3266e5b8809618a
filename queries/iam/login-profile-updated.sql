-- ---
-- id = "iam.login-profile-updated"
-- title = "Console password of a user was changed by somebody else"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "actor", "resource", "hour"]
-- says = "{actor} changed the console password of {resource} in {account_id}"
-- description = "A role session that bears the name of the user counts as the user. A password that the user must change at the next sign-in is medium."
-- benign = ["The help desk is resetting the password on request"]
-- steps = [
--     "Ask the user, over another channel, whether they requested it; if not: aws iam delete-login-profile --user-name USER",
--     "Deactivate the actor's key or revoke its sessions: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "List the user's sign-ins since then: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, useragent FROM events WHERE eventname = 'ConsoleLogin' AND useridentity.username = 'USER'\"",
--     "See what the actor did around that time: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
            useridentity.arn, 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(requestparameters, '$.passwordResetRequired') AS reset_required
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname = 'UpdateLoginProfile'
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.userName'), '')
            <> COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), '-')
        AND COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username)
            IS DISTINCT FROM useridentity.username
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT reset_required ORDER BY reset_required), 1, 20), ', ') AS reset_required,
    CASE WHEN MIN(COALESCE(reset_required, 'false')) = 'true' THEN 'medium' END AS severity
FROM found
GROUP BY account_id, actor, resource, hour
