-- ---
-- id = "sso.password-reset"
-- title = "Password of an Identity Center user was reset"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "resource"]
-- says = "{actor} set a new password for Identity Center user {resource} ({password_mode})"
-- benign = ["The help desk resets the password on request"]
-- steps = [
--     "aws identitystore describe-user --identity-store-id STORE --user-id USER: who this is",
--     "Ask the user whether they asked for it",
--     "List the user's sign-ins since then; end the sessions if nobody asked",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/resetpasswordforuser.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userId'),
        useridentity.onbehalfof.userid, 'unknown') AS resource,
    source_ip, event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.passwordMode'), 'unknown') AS password_mode
FROM calls
WHERE eventsource IN ('sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
    AND eventname IN ('UpdatePassword', 'SetTemporaryPassword')
    AND errorcode IS NULL
