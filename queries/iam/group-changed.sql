-- ---
-- id = "iam.group-changed"
-- title = "IAM group was created, renamed or deleted"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "resource"]
-- says = "{actor} ran {action} on group {resource} in {account_id}"
-- benign = ["Permissions are being reorganized"]
-- steps = [
--     "Review the policies and the members of the group",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    json_extract_scalar(requestparameters, '$.groupName') AS resource, source_ip, event_id,
    json_extract_scalar(requestparameters, '$.newGroupName') AS new_name
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateGroup', 'UpdateGroup', 'DeleteGroup')
    AND errorcode IS NULL
