-- ---
-- id = "iam.root-assumed"
-- title = "Root session was opened in a member account"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1548.005"]
-- about = ["account_id", "resource", "actor"]
-- says = "{actor} opened a root session in {resource} for the task {task}"
-- benign = ["Central root access is used for a task with a ticket"]
-- steps = [
--     "Ask the actor for the ticket of the task",
--     "List what the session did: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.accesskeyid = 'KEY'\"",
--     "For IAMCreateRootUserPassword, look for a root password recovery in that account afterwards",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html", "https://attack.mitre.org/techniques/T1548/005/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.targetPrincipal'), 'unknown') AS resource, source_ip,
    event_id,
    regexp_extract(COALESCE(json_extract_scalar(requestparameters, '$.taskPolicyArn.arn'),
        json_extract_scalar(requestparameters, '$.taskPolicyArn'), 'unknown'), '[^/]+$') AS task,
    json_extract_scalar(responseelements, '$.credentials.accessKeyId') AS access_key
FROM calls
WHERE eventsource = 'sts.amazonaws.com'
    AND eventname = 'AssumeRoot'
    AND errorcode IS NULL
