-- ---
-- id = "iam.admin-group-joined"
-- title = "User was added to a group of administrators"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource", "user_name"]
-- replaces = ["iam.group-membership-changed"]
-- says = "{actor} added user {user_name} to the group {resource} in {account_id}"
-- description = "Knows groups of administrators by their names. What policies allow is seen by iam.admin-policy-granted."
-- benign = ["A new administrator starts"]
-- steps = [
--     "If nobody expects it: aws iam remove-user-from-group --user-name USER --group-name GROUP",
--     "See what the group allows: aws iam list-attached-group-policies --group-name GROUP",
--     "See what the user did with it: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.username = 'USER'\"",
--     "Ask the actor for the ticket; if they added themselves, ask somebody else",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    json_extract_scalar(requestparameters, '$.groupName') AS resource, source_ip, event_id,
    json_extract_scalar(requestparameters, '$.userName') AS user_name
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'AddUserToGroup'
    AND errorcode IS NULL
    AND regexp_like(lower(json_extract_scalar(requestparameters, '$.groupName')),
        'admin|power-?_?user|super-?_?user|root|break-?_?glass')
