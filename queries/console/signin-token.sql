-- ---
-- id = "console.signin-token"
-- title = "Access key was turned into a console sign-in"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1550.001"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} turned its key into a console sign-in for {account_id} from {source_ip} with {agents} ({occurrences}×)"
-- description = "Leaves out the portal of Identity Center, known by its roles and its user agent."
-- benign = ["A company portal or a command-line tool opens the console for its users"]
-- steps = [
--     "Ask the actor whether they opened the console with a tool",
--     "If not: attach a policy that denies everything to the identity, revoke the role's sessions and deactivate the key",
--     "List what the console session did: same principal, browser as user agent",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html", "https://attack.mitre.org/techniques/T1550/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        substr(eventtime, 1, 13) AS hour, useragent AS agent
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname = 'GetSigninToken'
        AND COALESCE(json_extract_scalar(responseelements, '$.GetSigninToken'), 'Success') = 'Success'
        AND NOT (
            COALESCE(useragent, '') LIKE 'Jersey/%'
            AND COALESCE(useridentity.arn, '/AWSReservedSSO_') LIKE '%/AWSReservedSSO%'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT agent ORDER BY agent), 1, 20), ', ') AS agents
FROM found
GROUP BY account_id, actor, hour
