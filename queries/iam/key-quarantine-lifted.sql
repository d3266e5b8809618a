-- ---
-- id = "iam.key-quarantine-lifted"
-- title = "Quarantine of a leaked access key was lifted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.policy-changed"]
-- says = "{actor} detached {policy} from {resource} in {account_id}"
-- benign = ["The leaked key is deleted and the case with AWS is closed"]
-- steps = [
--     "aws iam list-access-keys --user-name USER: the leaked key must be gone",
--     "If it is still active, deactivate it and attach the policy again",
--     "Ask the actor for the number of the case with AWS",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'),
        json_extract_scalar(requestparameters, '$.groupName'),
        json_extract_scalar(requestparameters, '$.roleName'), 'unknown') AS resource,
    source_ip, event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.policyArn'),
        json_extract_scalar(requestparameters, '$.policyName')) AS policy
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('DetachUserPolicy', 'DetachGroupPolicy', 'DetachRolePolicy', 'DeleteUserPolicy')
    AND COALESCE(json_extract_scalar(requestparameters, '$.policyArn'),
        json_extract_scalar(requestparameters, '$.policyName')) LIKE '%AWSCompromisedKeyQuarantine%'
    AND errorcode IS NULL
