-- ---
-- id = "iam.group-membership-changed"
-- title = "User was added to or removed from an IAM group"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource", "user_name"]
-- says = "{actor} ran {action} for user {user_name} and group {resource} in {account_id}"
-- description = "Leaves out who joins a group with the name of administrators: iam.admin-group-joined reports that."
-- benign = ["The user is changing teams"]
-- steps = [
--     "Check whether the user needs the policies of the group",
--     "If the user is the actor, ask them why",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    json_extract_scalar(requestparameters, '$.groupName') AS resource, source_ip, event_id,
    json_extract_scalar(requestparameters, '$.userName') AS user_name,
    CASE WHEN json_extract_scalar(requestparameters, '$.userName') = useridentity.username
        THEN 'yes' ELSE 'no' END AS is_self
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('AddUserToGroup', 'RemoveUserFromGroup')
    AND errorcode IS NULL
    AND (eventname = 'RemoveUserFromGroup'
        OR NOT regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.groupName'), '')),
            'admin|power-?_?user|super-?_?user|root|break-?_?glass'))
