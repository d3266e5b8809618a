-- ---
-- id = "sso.directory-changed"
-- title = "Users or groups of Identity Center were changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} changed {resource} in the directory of Identity Center by {action} ({occurrences}×)"
-- description = "Leaves out changes that an identity provider makes by SCIM."
-- benign = ["Somebody is joining, leaving or changing teams"]
-- steps = [
--     "If many users were disabled or deleted at once, look for somebody locking others out",
--     "If an e-mail address changed, ask the user: password resets are sent to it",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/users-groups-provisioning.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userId'),
            json_extract_scalar(requestparameters, '$.groupId'),
            json_extract_scalar(requestparameters, '$.displayName'),
            json_extract_scalar(requestparameters, '$.membershipId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
        AND eventname IN ('UpdateUser', 'DeleteUser', 'DisableUser', 'EnableUser', 'CreateGroup', 'UpdateGroup',
            'DeleteGroup', 'RemoveMemberFromGroup', 'DeleteGroupMembership')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
