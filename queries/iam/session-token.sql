-- ---
-- id = "iam.session-token"
-- title = "Users made temporary credentials from their access keys"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1550.001"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} made temporary credentials in {account_id} from {source_ip} ({occurrences}×, MFA device: {mfa_devices})"
-- benign = ["A tool asks for the MFA code once a day"]
-- steps = [
--     "Look for users that do not work so, above all without an MFA device",
--     "The sessions outlive the key: to stop a thief, deny everything to the user as well as deactivate the key",
--     "List what the sessions did: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.accesskeyid = 'KEY'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html", "https://attack.mitre.org/techniques/T1550/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(useridentity.username, useridentity.arn, 'unknown') AS resource, source_ip, event_id,
        substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.serialNumber'), 'none') AS mfa_device,
        json_extract_scalar(responseelements, '$.credentials.accessKeyId') AS access_key
    FROM calls
    WHERE eventsource = 'sts.amazonaws.com'
        AND eventname = 'GetSessionToken'
        AND errorcode IS NULL
        AND useridentity.type IN ('IAMUser', 'Root')
        AND useridentity.invokedby IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT mfa_device ORDER BY mfa_device), 1, 20), ', ') AS mfa_devices,
    array_join(slice(array_agg(DISTINCT access_key ORDER BY access_key), 1, 20), ', ') AS access_keys
FROM found
GROUP BY account_id, actor, day
