-- ---
-- id = "sso.login-failed"
-- title = "Sign-ins to Identity Center failed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0006:T1110"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} failed to sign in to Identity Center from {source_ip} ({occurrences}×)"
-- benign = ["The user mistyped the password or the MFA code"]
-- steps = [
--     "Look for a UserAuthentication event of the same user or address: did somebody get in?",
--     "aws identitystore describe-user --identity-store-id STORE --user-id USER: who this is",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html", "https://attack.mitre.org/techniques/T1110/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        substr(eventtime, 1, 10) AS day,
        json_extract_scalar(additionaleventdata, '$.CredentialType') AS factor, errormessage AS reason
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname IN ('CredentialVerification', 'ExternalIdPDirectoryLogin')
        AND (
            json_extract_scalar(serviceeventdetails, '$.CredentialVerification') = 'Failure'
            OR json_extract_scalar(responseelements, '$.ExternalIdPDirectoryLogin') = 'Failure'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT factor ORDER BY factor), 1, 20), ', ') AS factors,
    array_join(slice(array_agg(DISTINCT reason ORDER BY reason), 1, 20), ', ') AS reasons
FROM found
GROUP BY account_id, actor, day
