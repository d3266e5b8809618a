-- ---
-- id = "iam.credentials-by-machine"
-- title = "Instance created an IAM user or a credential"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1136.003"]
-- about = ["account_id", "resource", "action"]
-- replaces = ["iam.access-key-for-another", "iam.login-profile-created", "iam.user-changed"]
-- says = "the instance behind {actor} ran {action} for {resource} in {account_id}"
-- description = "Knows instances by the session name that EC2 gives. Somebody who assumes a role can choose such a name as well."
-- benign = ["The instance runs the pipeline that manages IAM"]
-- steps = [
--     "Take the new credential away: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or aws iam delete-login-profile --user-name USER",
--     "Revoke the sessions of the instance's role: aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
--     "Take the instance off the network without stopping it: aws ec2 modify-instance-attribute --instance-id INSTANCE --groups ISOLATED",
--     "Find out how its credentials were taken (web application, IMDSv1, a shell), and what they did: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html", "https://attack.mitre.org/techniques/T1136/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'),
        json_extract_scalar(responseelements, '$.accessKey.userName'), 'unknown') AS resource,
    source_ip, event_id, split_part(useridentity.arn, '/', 2) AS role
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateUser', 'CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile')
    AND errorcode IS NULL
    AND useridentity.type = 'AssumedRole'
    AND regexp_like(useridentity.arn, '/i-[0-9a-f]{8,17}$')
