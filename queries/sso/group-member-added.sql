-- ---
-- id = "sso.group-member-added"
-- title = "Users were added to groups of Identity Center"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} added {members} to Identity Center group {resource} ({occurrences}×)"
-- description = "Leaves out members that an identity provider adds by SCIM. CloudTrail records ids, not names."
-- benign = ["The user changes teams"]
-- steps = [
--     "aws identitystore describe-group --identity-store-id STORE --group-id GROUP, and the same for the members: who and what they are",
--     "Check which accounts and permission sets the group has",
--     "Remove whoever nobody expects: aws identitystore delete-group-membership",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.groupId'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 13) AS hour,
        COALESCE(json_extract_scalar(requestparameters, '$.memberId.userId'),
            json_extract_scalar(requestparameters, '$.memberId'),
            json_extract_scalar(requestparameters, '$.userId'), 'unknown') AS member
    FROM calls
    WHERE eventsource IN ('sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
        AND eventname IN ('AddMemberToGroup', 'CreateGroupMembership')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT member ORDER BY member), 1, 20), ', ') AS members
FROM found
GROUP BY account_id, actor, hour
