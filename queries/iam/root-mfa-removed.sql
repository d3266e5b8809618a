-- ---
-- id = "iam.root-mfa-removed"
-- title = "MFA device of the root user was removed"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1556.006"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.root-api-activity", "iam.mfa-deactivated"]
-- says = "{actor} removed an MFA device of root in {account_id}"
-- benign = ["The device is being replaced by a new one within minutes"]
-- steps = [
--     "Call the account's owner now, by telephone: are they replacing the device?",
--     "Check that root has another one now: aws iam get-account-summary --query SummaryMap.AccountMFAEnabled",
--     "If nobody planned it, recover root from a mailbox that you trust, renew its MFA device and delete its keys; for a member account, from the management account: aws sts assume-root --target-principal ACCOUNT --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
--     "List every call of root since then: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.type = 'Root'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html", "https://attack.mitre.org/techniques/T1556/006/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.serialNumber'),
        json_extract_scalar(requestparameters, '$.userName'), useridentity.arn) AS resource,
    source_ip, event_id, useragent AS user_agent
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('DeactivateMFADevice', 'DeleteVirtualMFADevice')
    AND errorcode IS NULL
    AND COALESCE(
        json_extract_scalar(requestparameters, '$.userName') = 'AWS ROOT USER'
        OR json_extract_scalar(requestparameters, '$.serialNumber') LIKE '%:mfa/root-account-mfa-device'
        OR json_extract_scalar(requestparameters, '$.serialNumber') LIKE '%:u2f/root-%'
        OR (useridentity.type = 'Root' AND json_extract_scalar(requestparameters, '$.userName') IS NULL), false)
