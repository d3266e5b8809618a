-- ---
-- id = "console.machine-login"
-- title = "Credentials of an instance were used to sign in to the console"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "resource", "source_ip"]
-- replaces = ["console.login-success", "console.login-no-mfa"]
-- says = "somebody at {source_ip} signed in to the console of {account_id} with the credentials of instance {resource}"
-- benign = ["An administrator tests the role of the instance from its shell"]
-- steps = [
--     "Treat the instance's credentials as stolen, no program signs in to the console: aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
--     "Take the instance off the network without stopping it: aws ec2 modify-instance-attribute --instance-id INSTANCE --groups ISOLATED",
--     "Demand tokens for its metadata: aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-tokens required",
--     "List what the session did from other addresses: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), 'unknown') AS resource, source_ip, event_id
FROM calls
WHERE eventsource = 'signin.amazonaws.com'
    AND eventname IN ('ConsoleLogin', 'GetSigninToken')
    AND useridentity.type = 'AssumedRole'
    AND regexp_like(useridentity.arn, '/i-[0-9a-f]{8,17}$')
    AND COALESCE(json_extract_scalar(responseelements, '$.ConsoleLogin'),
        json_extract_scalar(responseelements, '$.GetSigninToken'), 'Success') = 'Success'
