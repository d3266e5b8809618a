-- ---
-- id = "iam.access-key-changed"
-- title = "Access keys were deleted or disabled"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1531"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted or disabled access keys {resource} of {user_name} in {account_id} ({occurrences}×)"
-- benign = ["The user is rotating keys"]
-- steps = [
--     "If many keys were deleted or disabled at once, look for somebody locking others out",
--     "aws iam list-access-keys --user-name USER: what is left; a deleted key cannot come back",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1531/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.accessKeyId'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.userName'), useridentity.username,
            useridentity.arn) AS user_name,
        COALESCE(json_extract_scalar(requestparameters, '$.status'), 'Deleted') AS status
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('DeleteAccessKey', 'UpdateAccessKey')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.status'), 'Deleted') <> 'Active'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT user_name ORDER BY user_name), 1, 20), ', ') AS user_name,
    array_join(slice(array_agg(DISTINCT status ORDER BY status), 1, 20), ', ') AS status
FROM found
GROUP BY account_id, actor, day
