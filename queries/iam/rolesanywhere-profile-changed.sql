-- ---
-- id = "iam.rolesanywhere-profile-changed"
-- title = "Roles Anywhere profile was created, changed or enabled"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "region", "actor"]
-- says = "{actor} changed Roles Anywhere profiles in {account_id}, {region} ({action}): {resource}; roles: {roles}"
-- description = "A profile says which roles a holder of a certificate can assume. Trust anchors are in iam.trust-anchor-added."
-- benign = ["Servers outside of AWS are being connected"]
-- steps = [
--     "Check that the roles are meant for machines outside: aws rolesanywhere list-profiles",
--     "Switch a wrong one off: aws rolesanywhere disable-profile --profile-id PROFILE",
-- ]
-- references = ["https://docs.aws.amazon.com/rolesanywhere/latest/userguide/introduction.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(responseelements, '$.profile.name'),
            json_extract_scalar(requestparameters, '$.profileId'), 'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_format(json_extract(requestparameters, '$.roleArns')), 'unchanged') AS role_arns
    FROM calls
    WHERE eventsource = 'rolesanywhere.amazonaws.com'
        AND eventname IN ('CreateProfile', 'UpdateProfile', 'EnableProfile')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT role_arns ORDER BY role_arns), 1, 20), ', ') AS roles
FROM found
GROUP BY account_id, region, actor
