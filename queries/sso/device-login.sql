-- ---
-- id = "sso.device-login"
-- title = "Identity Center sessions were opened by a device code"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0006:T1528"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} opened Identity Center sessions by a device code from {source_ip} ({occurrences}×)"
-- benign = ["The person works with the command line on a machine without a browser"]
-- steps = [
--     "Compare the address with the person's other addresses: a code that a stranger sent by mail opens the session at the stranger's",
--     "If it is not theirs: end the person's sessions in the console of Identity Center and look at what the address did",
--     "Use the flow with PKCE (aws sso login of today), and deny the device code where you can",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html", "https://attack.mitre.org/techniques/T1528/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        substr(eventtime, 1, 10) AS day, useragent AS agent
    FROM calls
    WHERE eventsource IN ('sso.amazonaws.com', 'sso-oauth.amazonaws.com')
        AND eventname IN ('CreateToken', 'CreateTokenWithIAM')
        AND json_extract_scalar(requestparameters, '$.grantType') LIKE '%device_code'
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT agent ORDER BY agent), 1, 20), ', ') AS agents
FROM found
GROUP BY account_id, actor, day
