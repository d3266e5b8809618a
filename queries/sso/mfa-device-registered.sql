-- ---
-- id = "sso.mfa-device-registered"
-- title = "Identity Center users registered MFA devices"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098.005"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} registered an MFA device for Identity Center user {resource} ({occurrences}×)"
-- benign = ["A new colleague signs in for the first time", "The user has a new telephone"]
-- steps = [
--     "Ask users that have had a device for long whether the new one is theirs",
--     "Remove a device that is not: DeleteMfaDeviceForUser in the console of Identity Center, then reset the password and end the sessions",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/how-to-user-registration.html", "https://attack.mitre.org/techniques/T1098/005/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.userId'),
            useridentity.onbehalfof.userid, 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
        AND eventname IN ('CompleteVirtualMfaDeviceRegistration', 'CompleteWebAuthnDeviceRegistration')
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
