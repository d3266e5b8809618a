-- ---
-- id = "iam.mfa-for-another"
-- title = "MFA device was registered for another user"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.005"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.mfa-added"]
-- says = "{actor} registered MFA device {device} for user {resource} in {account_id}"
-- benign = ["The help desk sets up a device with the user beside them"]
-- steps = [
--     "Ask the user, over another channel, whether they hold the device",
--     "If not: aws iam deactivate-mfa-device --user-name USER --serial-number DEVICE, then change the password",
--     "List the user's sign-ins since then",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable.html", "https://attack.mitre.org/techniques/T1098/005/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    json_extract_scalar(requestparameters, '$.userName') AS resource, source_ip, event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.serialNumber'), 'unknown') AS device
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'EnableMFADevice'
    AND errorcode IS NULL
    AND useridentity.type <> 'Root'
    AND json_extract_scalar(requestparameters, '$.userName') <> COALESCE(useridentity.username, '')
    AND json_extract_scalar(requestparameters, '$.userName')
        <> COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), '')
