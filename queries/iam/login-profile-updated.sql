-- ---
-- id = "iam.login-profile-updated"
-- title = "Console password of a user was changed by somebody else"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "actor", "resource", "hour"]
-- says = "{actor} changed the console password of {resource} in {account_id}"
-- description = "A role session that bears the name of the user counts as the user."
-- benign = ["The help desk is resetting the password on request"]
-- steps = [
--     "Ask the user, over another channel, whether they requested it",
--     "If not: aws iam delete-login-profile --user-name {resource}, and deactivate the actor's key or revoke its sessions",
--     "List the user's sign-ins since then, and what the actor did around that time",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH calls AS (
    SELECT
        eventtime AS event_time,
        COALESCE(recipientaccountid, account) AS account_id,
        awsregion AS region,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
            NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
        eventname AS action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
            useridentity.arn, 'unknown') AS resource,
        sourceipaddress AS source_ip,
        eventid AS event_id,
        substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(requestparameters, '$.passwordResetRequired') AS reset_required
    FROM events
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname = 'UpdateLoginProfile'
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.userName'), '')
            <> COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), '-')
        AND COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username)
            IS DISTINCT FROM useridentity.username
)
SELECT
    MIN(event_time) AS first_seen,
    MAX(event_time) AS last_seen,
    account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region,
    actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    hour,
    array_join(slice(array_agg(DISTINCT reset_required ORDER BY reset_required), 1, 20), ', ') AS reset_required
FROM calls
GROUP BY account_id, actor, resource, hour
