-- ---
-- id = "sharing.function-opened"
-- title = "Lambda function or layer was opened to strangers"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "resource", "actor", "day"]
-- says = "{actor} let {shared_with} call {resource} in {account_id}, {region} ({action})"
-- description = "Covers permissions for everybody or for accounts that are neither in accounts nor in the watchlist partner-accounts, and function URLs without authentication. Permissions for AWS services are left out, and those limited to an organization."
-- benign = ["The function is a public web hook and checks its callers itself"]
-- steps = [
--     "If it is not meant to be public: aws lambda remove-permission --function-name FUNCTION --statement-id STATEMENT; aws lambda delete-function-url-config --function-name FUNCTION",
--     "Read what the function and its role can do: aws lambda get-function-configuration --function-name FUNCTION",
--     "See whether the actor changed the code too: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE eventname LIKE 'UpdateFunction%'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH opened AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
        CASE WHEN principal_kind = 'everybody' THEN 'everybody' ELSE principal_account END AS stranger,
        substr(event_time, 1, 10) AS day
    FROM policy_grants
    WHERE eventsource = 'lambda.amazonaws.com'
        AND principal_kind IN ('everybody', 'other account')
        AND restricted = 'no'
    UNION ALL
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.functionName'), 'unknown') AS resource, source_ip, event_id,
        'everybody' AS stranger, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 'lambda.amazonaws.com'
        AND (eventname LIKE 'CreateFunctionUrlConfig%' OR eventname LIKE 'UpdateFunctionUrlConfig%')
        AND errorcode IS NULL
        AND json_extract_scalar(requestparameters, '$.authType') = 'NONE'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT stranger ORDER BY stranger), 1, 20), ', ') AS shared_with, day
FROM opened
GROUP BY account_id, actor, resource, day
