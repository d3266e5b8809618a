-- ---
-- id = "iam.instance-profile-role-added"
-- title = "Roles were put into instance profiles"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} put {role_names} into instance profile {resource} in {account_id} ({occurrences}×)"
-- benign = ["A new kind of server is being set up"]
-- steps = [
--     "Check what the role allows: every instance with the profile has its rights",
--     "Look for instances that received the profile afterwards (compute.instance-profile-replaced, RunInstances)",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.instanceProfileName'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        json_extract_scalar(requestparameters, '$.roleName') AS role_name
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname = 'AddRoleToInstanceProfile'
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT role_name ORDER BY role_name), 1, 20), ', ') AS role_names
FROM found
GROUP BY account_id, actor, day
