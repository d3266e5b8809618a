-- ---
-- id = "iam.login-profile-deleted"
-- title = "Console password of a user was deleted"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1531"]
-- about = ["account_id", "resource"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted the console password of {resource} in {account_id}"
-- benign = ["The user is leaving", "Users are being moved to single sign-on"]
-- steps = [
--     "If many passwords were deleted at once, look for somebody locking others out",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html", "https://attack.mitre.org/techniques/T1531/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
        useridentity.arn) AS resource,
    source_ip, event_id, useragent AS user_agent
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'DeleteLoginProfile'
    AND errorcode IS NULL
