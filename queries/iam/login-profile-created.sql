-- ---
-- id = "iam.login-profile-created"
-- title = "Console password was created for a user"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "resource"]
-- says = "{actor} gave {resource} a console password in {account_id}"
-- description = "A password that the user must change at the first sign-in is medium."
-- benign = ["The user is a new colleague"]
-- steps = [
--     "If nobody announced it: aws iam delete-login-profile --user-name USER",
--     "List the user's sign-ins since then: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, useragent FROM events WHERE eventname = 'ConsoleLogin' AND useridentity.username = 'USER'\"",
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
--     "Ask the actor for the ticket; a person should have MFA: aws iam list-mfa-devices --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
        useridentity.arn) AS resource,
    source_ip, event_id, json_extract_scalar(requestparameters, '$.passwordResetRequired') AS reset_required,
    CASE WHEN json_extract_scalar(requestparameters, '$.passwordResetRequired') = 'true' THEN 'medium' END AS severity
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'CreateLoginProfile'
    AND errorcode IS NULL
