-- ---
-- id = "sso.assignment-created"
-- title = "Identity Center users or groups received access to accounts"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} gave {grantees} access to {resource} with {permission_sets} ({occurrences}×)"
-- benign = ["A team receives access to its accounts"]
-- steps = [
--     "Check who is in the group and what the permission set allows: aws sso-admin describe-permission-set",
--     "Remove what nobody can explain: aws sso-admin delete-account-assignment with the values of the event",
--     "Look for sign-ins of the grantees to the account since then",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.targetId'),
            json_extract_scalar(requestparameters, '$.profileId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        concat(COALESCE(json_extract_scalar(requestparameters, '$.principalType'),
                json_extract_scalar(requestparameters, '$.accessorType'), 'unknown'), ' ',
            COALESCE(json_extract_scalar(requestparameters, '$.principalId'),
                json_extract_scalar(requestparameters, '$.accessorId'), 'unknown')) AS grantee,
        regexp_extract(json_extract_scalar(requestparameters, '$.permissionSetArn'), '[^/]+$') AS permission_set
    FROM calls
    WHERE eventsource = 'sso.amazonaws.com'
        AND eventname IN ('CreateAccountAssignment', 'AssociateProfile')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.targetId'), '') <> COALESCE(recipientaccountid, account)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT grantee ORDER BY grantee), 1, 20), ', ') AS grantees,
    array_join(slice(array_agg(DISTINCT permission_set ORDER BY permission_set), 1, 20), ', ') AS permission_sets
FROM found
GROUP BY account_id, actor, hour
