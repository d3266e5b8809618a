-- ---
-- id = "sso.user-created"
-- title = "Users of Identity Center were created by hand"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1136.003"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} created Identity Center users: {resource} ({occurrences}×)"
-- description = "Leaves out users that an identity provider creates by SCIM."
-- benign = ["A new colleague starts, and users are kept in Identity Center itself"]
-- steps = [
--     "Check that the user is a person that you expect",
--     "Look for groups and accounts that the user received (sso.group-member-added, sso.assignment-created)",
--     "If nobody knows the user: disable it in the console of Identity Center and end its sessions",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/addusers.html", "https://attack.mitre.org/techniques/T1136/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'),
            json_extract_scalar(responseelements, '$.user.userId'),
            json_extract_scalar(responseelements, '$.userId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour
    FROM calls
    WHERE eventsource IN ('sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
        AND eventname = 'CreateUser'
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour
FROM found
GROUP BY account_id, actor, hour
