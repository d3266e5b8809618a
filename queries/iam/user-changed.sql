-- ---
-- id = "iam.user-changed"
-- title = "IAM user was created, changed or deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1136.003", "TA0040:T1531"]
-- about = ["account_id", "resource"]
-- says = "{actor} ran {action} on {resource} in {account_id}"
-- benign = ["Somebody is joining or leaving"]
-- steps = [
--     "Ask the actor for the ticket",
--     "If the user is new, look for the keys, passwords and policies it received",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html", "https://attack.mitre.org/techniques/T1136/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    json_extract_scalar(requestparameters, '$.userName') AS resource, source_ip, event_id,
    json_extract_scalar(requestparameters, '$.newUserName') AS new_name
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateUser', 'UpdateUser', 'DeleteUser')
    AND errorcode IS NULL
