-- ---
-- id = "iam.root-recovered"
-- title = "Root password was recovered or its e-mail address changed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "resource", "action"]
-- says = "{action} for root of {resource}, from {source_ip} by {actor}"
-- benign = ["The owner lost the password and recovered it, as announced", "The mailbox of the account moves to another team"]
-- steps = [
--     "Call the account's owner now, by telephone: whoever reads root's mailbox owns the account",
--     "If nobody planned it, recover root from a mailbox that you trust, renew its MFA device and delete its keys; for a member account, from the management account: aws sts assume-root --target-principal ACCOUNT --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
--     "List every call of root: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.type = 'Root'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/reset-root-password.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.accountId'), recipientaccountid, account) AS resource,
    source_ip, event_id
FROM calls
WHERE eventsource IN ('signin.amazonaws.com', 'account.amazonaws.com')
    AND eventname IN ('PasswordRecoveryCompleted', 'EmailUpdated', 'AcceptPrimaryEmailUpdate')
    AND errorcode IS NULL
    AND COALESCE(json_extract_scalar(responseelements, '$.PasswordRecoveryCompleted'),
        json_extract_scalar(responseelements, '$.EmailUpdated'), 'Success') <> 'Failure'
