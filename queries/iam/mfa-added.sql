-- ---
-- id = "iam.mfa-added"
-- title = "Users registered MFA devices"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098.005"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} for {resource} in {account_id} ({occurrences}×)"
-- description = "Leaves out devices that are enabled for somebody else: iam.mfa-for-another reports those."
-- benign = ["The user has a new telephone or starts to use MFA"]
-- steps = [
--     "Ask users that have had a device for long whether the new one is theirs",
--     "Remove one that is not: aws iam deactivate-mfa-device, then change the password and the keys",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable.html", "https://attack.mitre.org/techniques/T1098/005/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.virtualMFADevice.serialNumber'),
            json_extract_scalar(requestparameters, '$.serialNumber'),
            json_extract_scalar(requestparameters, '$.virtualMFADeviceName'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('EnableMFADevice', 'CreateVirtualMFADevice')
        AND errorcode IS NULL
        AND (eventname = 'CreateVirtualMFADevice'
            OR useridentity.type = 'Root'
            OR json_extract_scalar(requestparameters, '$.userName') IS NULL
            OR json_extract_scalar(requestparameters, '$.userName') = COALESCE(useridentity.username, '')
            OR json_extract_scalar(requestparameters, '$.userName')
                = COALESCE(regexp_extract(useridentity.arn, '[^/]+$'), ''))
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
