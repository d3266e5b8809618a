-- ---
-- id = "console.mfa-fatigue"
-- title = "MFA of one user failed several times within minutes"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1621"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["console.login-failed"]
-- says = "{occurrences} sign-ins as {actor} to {account_id} failed at the MFA prompt within fifteen minutes, from {source_ip}"
-- description = "Counts in spans of fifteen minutes that begin every seven and a half minutes."
-- benign = ["The clock of the user's telephone is wrong", "The user took the code of another account"]
-- steps = [
--     "Whoever comes to the MFA prompt knows the password: ask the user over another channel, and change the password if it was not them",
--     "Look for a successful sign-in afterwards (console.success-after-failures)",
--     "Move the user to a passkey or security key, which cannot be talked out of them",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1621/"]
-- [params.min_failures]
-- type = "integer"
-- default = 3
-- about = "Minimum number of failures at the MFA prompt within fifteen minutes"
-- ---
WITH failures AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id,
        CASE WHEN useridentity.username = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN eventid
            ELSE COALESCE(useridentity.username, useridentity.arn, 'unknown') END AS name,
        CAST(floor(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) / 450) AS BIGINT) AS slot
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('ConsoleLogin', 'CredentialVerification')
        AND (
            json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
            OR errormessage = 'Failed authentication'
            OR json_extract_scalar(serviceeventdetails, '$.CredentialVerification') = 'Failure'
        )
        AND (
            json_extract_scalar(additionaleventdata, '$.MFAUsed') IN ('Yes', 'YES')
            OR json_extract_scalar(additionaleventdata, '$.CredentialType') IN ('TOTP', 'WEBAUTHN', 'RESYNC_TOTP')
        )
),
bursts AS (
    SELECT f.account_id, f.actor, f.slot - h.hop AS opening,
        ROW_NUMBER() OVER (
            PARTITION BY f.account_id, f.actor
            ORDER BY COUNT(DISTINCT f.event_id) DESC, f.slot - h.hop
        ) AS place
    FROM failures f
    CROSS JOIN (VALUES (0), (1)) AS h(hop)
    GROUP BY f.account_id, f.actor, f.slot - h.hop
    HAVING COUNT(DISTINCT f.event_id) >= :min_failures
)
SELECT MIN(f.event_time) AS first_seen, MAX(f.event_time) AS last_seen, f.account_id,
    array_join(slice(array_agg(DISTINCT f.region ORDER BY f.region), 1, 20), ', ') AS region, f.actor,
    array_join(slice(array_agg(DISTINCT f.action ORDER BY f.action), 1, 20), ', ') AS action,
    f.account_id AS resource,
    array_join(slice(array_agg(DISTINCT f.source_ip ORDER BY f.source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT f.event_id) AS occurrences,
    slice(array_agg(DISTINCT f.event_id ORDER BY f.event_id), 1, 20) AS event_ids,
    substr(MIN(f.event_time), 1, 10) AS day, COUNT(DISTINCT f.name) AS users,
    COUNT(DISTINCT f.source_ip) AS addresses
FROM failures f
INNER JOIN bursts b
    ON b.account_id = f.account_id
    AND b.actor = f.actor
WHERE b.place = 1
    AND f.slot BETWEEN b.opening AND b.opening + 1
GROUP BY f.account_id, f.actor
