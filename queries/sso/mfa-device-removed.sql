-- ---
-- id = "sso.mfa-device-removed"
-- title = "MFA device of an Identity Center user was removed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1556.006"]
-- about = ["account_id", "resource"]
-- says = "{actor} removed an MFA device of Identity Center user {resource}"
-- benign = ["The user has a new telephone"]
-- steps = [
--     "Ask the user, over a channel other than e-mail, whether they asked for it",
--     "aws identitystore describe-user --identity-store-id STORE --user-id USER: who this is",
--     "Look for a new device of the user (sso.mfa-device-registered) and for sign-ins afterwards",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/how-to-manage-mfa-devices.html", "https://attack.mitre.org/techniques/T1556/006/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userId'),
        useridentity.onbehalfof.userid, 'unknown') AS resource,
    source_ip, event_id
FROM calls
WHERE eventsource IN ('sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
    AND eventname = 'DeleteMfaDeviceForUser'
    AND errorcode IS NULL
