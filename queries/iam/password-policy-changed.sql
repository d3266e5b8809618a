-- ---
-- id = "iam.password-policy-changed"
-- title = "Password policy of the account was changed or deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1556"]
-- about = ["account_id"]
-- says = "{actor} ran {action} in {account_id}"
-- benign = ["The team that owns the standard is rolling out a change"]
-- steps = [
--     "Compare the policy with the standard: length, character classes, reuse, age",
--     "Ask the actor for the change ticket",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html", "https://attack.mitre.org/techniques/T1556/"]
-- ---
SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
    json_extract_scalar(requestparameters, '$.minimumPasswordLength') AS minimum_length,
    json_extract_scalar(requestparameters, '$.passwordReusePrevention') AS reuse_prevention,
    json_extract_scalar(requestparameters, '$.maxPasswordAge') AS max_age_days
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('UpdateAccountPasswordPolicy', 'DeleteAccountPasswordPolicy')
    AND errorcode IS NULL
