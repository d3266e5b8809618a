-- ---
-- id = "iam.access-key-for-another"
-- title = "Access keys were created for other users"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "actor", "hour"]
-- replaces = ["iam.access-key-created"]
-- says = "{actor} created access keys {access_keys} for {resource} in {account_id} ({occurrences}×)"
-- description = "Every key that a role creates counts as one for another, unless the session bears the name of the user."
-- benign = ["A pipeline or an administrator is setting up a technical user"]
-- steps = [
--     "Switch each key off: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Ask the actor and the owner of the user; delete the key if they do not know each other's reason: aws iam delete-access-key --user-name USER --access-key-id KEY",
--     "List what the key has done since: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.accesskeyid = 'KEY'\"",
--     "If the actor explains nothing, deactivate its key or revoke its sessions: aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        json_extract_scalar(requestparameters, '$.userName') AS resource, source_ip, event_id,
        substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(responseelements, '$.accessKey.accessKeyId') AS access_key
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname = 'CreateAccessKey'
        AND errorcode IS NULL
        AND json_extract_scalar(requestparameters, '$.userName') <> COALESCE(useridentity.username, '')
        AND json_extract_scalar(requestparameters, '$.userName')
            <> COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), '')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT access_key ORDER BY access_key), 1, 20), ', ') AS access_keys
FROM found
GROUP BY account_id, actor, hour
