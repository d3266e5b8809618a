-- ---
-- id = "iam.login-profile-updated"
-- title = "Console password of a user was changed by somebody else"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "resource"]
-- says = "{actor} changed the console password of {resource} in {account_id}"
-- description = "A role session that bears the name of the user counts as the user."
-- benign = ["The help desk is resetting the password on request"]
-- steps = [
--     "Ask the user whether they requested it",
--     "List the user's sign-ins since then",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
        useridentity.arn) AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(requestparameters, '$.passwordResetRequired') AS reset_required
FROM events
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'UpdateLoginProfile'
    AND errorcode IS NULL
    AND COALESCE(json_extract_scalar(requestparameters, '$.userName'), '')
        <> COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), '-')
    AND COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username)
        IS DISTINCT FROM useridentity.username
