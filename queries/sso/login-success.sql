-- ---
-- id = "sso.login-success"
-- title = "Users signed in to Identity Center"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "day"]
-- says = "{people} people signed in to Identity Center of {account_id} ({occurrences}×): {users}"
-- description = "Lists who came in by the portal; an inventory, not an alert."
-- benign = ["The sign-ins belong to ordinary work"]
-- steps = [
--     "Look for names and addresses that you do not expect",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        substr(eventtime, 1, 10) AS day,
        json_extract_scalar(additionaleventdata, '$.CredentialType') AS factor
    FROM calls
    WHERE eventsource IN ('signin.amazonaws.com', 'sso.amazonaws.com')
        AND eventname IN ('UserAuthentication', 'Authenticate')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(serviceeventdetails, '$.UserAuthentication'), 'Success') = 'Success'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region,
    'Identity Center users' AS actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    COUNT(DISTINCT actor) AS people,
    array_join(slice(array_agg(DISTINCT actor ORDER BY actor), 1, 20), ', ') AS users,
    array_join(slice(array_agg(DISTINCT factor ORDER BY factor), 1, 20), ', ') AS factors
FROM found
GROUP BY account_id, day
