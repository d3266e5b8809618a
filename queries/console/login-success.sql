-- ---
-- id = "console.login-success"
-- title = "Users signed in to the console"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "actor", "source_ip"]
-- says = "{actor} signed in to {account_id} from {source_ip} ({occurrences}×)"
-- description = "An inventory for the daily brief, not an alert."
-- benign = ["The sign-ins belong to ordinary work"]
-- steps = [
--     "Look for names, addresses and accounts that you do not expect",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        COALESCE(json_extract_scalar(additionaleventdata, '$.MFAUsed'), 'No') AS mfa_used,
        useragent AS user_agent
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname = 'ConsoleLogin'
        AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor, action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource, source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT mfa_used ORDER BY mfa_used), 1, 20), ', ') AS mfa_used,
    array_join(slice(array_agg(DISTINCT user_agent ORDER BY user_agent), 1, 20), ', ') AS user_agents
FROM found
GROUP BY account_id, actor, action, source_ip
