-- ---
-- id = "activity.denied-calls"
-- title = "API calls were denied"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0007:T1526"]
-- cis = ["4.1"]
-- about = ["account_id", "actor", "day"]
-- align = "1d"
-- says = "{actor} was denied {occurrences} calls on {day} in {account_id}"
-- benign = ["A policy lacks a permission that the principal needs", "Somebody with few permissions is exploring the console"]
-- steps = [
--     "Look for calls that the principal has no reason to make",
--     "Grant the missing permission if the calls are legitimate",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html", "https://attack.mitre.org/techniques/T1526/"]
-- [params.min_denied]
-- type = "integer"
-- default = 10
-- about = "Minimum number of calls denied to one principal on one UTC day"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, principal AS actor, action,
        eventsource AS resource, source_ip, event_id, errorcode AS error_code,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.principalid) AS session
    FROM calls
    WHERE errorcode IS NOT NULL -- no case: selects events early, the outcome says the same
        AND outcome = 'denied'
        AND useridentity.type <> 'AWSService'
        AND COALESCE(useridentity.accountid, '') NOT IN ('anonymous', 'ANONYMOUS_PRINCIPAL')
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND eventname <> 'HeadBucket'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT action) AS distinct_actions,
    array_join(slice(array_agg(DISTINCT error_code ORDER BY error_code), 1, 20), ', ') AS error_codes,
    array_join(slice(array_agg(DISTINCT session ORDER BY session), 1, 20), ', ') AS sessions, day
FROM found
GROUP BY account_id, actor, day
HAVING COUNT(DISTINCT event_id) >= :min_denied
