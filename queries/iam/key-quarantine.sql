-- ---
-- id = "iam.key-quarantine"
-- title = "AWS quarantined a user because its access key leaked"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1552.001"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.policy-changed"]
-- says = "AWS found an access key of {resource} in {account_id} in public and attached {policy} to the user"
-- description = "The key stays active: the policy denies only some calls. Whoever attaches the policy, AWS or a person, is reported."
-- benign = ["An administrator attaches the policy in a drill"]
-- steps = [
--     "List the user's keys: aws iam list-access-keys --user-name USER",
--     "Switch each of them off, delete it when nothing depends on it: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Read what the user did in all Regions, the policy denies only some calls: trailbrief query --last 24h \"SELECT eventtime, awsregion, eventname FROM events WHERE useridentity.username = 'USER'\"",
--     "Look for users, roles, instances and functions that the key made, and answer the support case that AWS opened",
-- ]
-- references = ["https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html", "https://attack.mitre.org/techniques/T1552/001/"]
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
    AND eventname IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy', 'PutUserPolicy')
    AND COALESCE(json_extract_scalar(requestparameters, '$.policyArn'),
        json_extract_scalar(requestparameters, '$.policyName')) LIKE '%AWSCompromisedKeyQuarantine%'
    AND errorcode IS NULL
