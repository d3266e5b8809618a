-- ---
-- id = "activity.resource-deletion"
-- title = "Resources were deleted"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "service"]
-- says = "{actor} deleted resources of {service} in {account_id} ({occurrences}×)"
-- description = "An inventory for the daily brief, not an alert: one line per principal and service. Covers management events only."
-- benign = ["Infrastructure is being deployed or torn down"]
-- steps = [
--     "Look for principals and services that do not delete anything on other days",
-- ]
-- references = ["https://attack.mitre.org/techniques/T1485/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        COALESCE(element_at(resources, 1).arn, eventsource) AS resource, source_ip, event_id,
        eventsource AS service, COALESCE(NULLIF(useridentity.arn, ''), useridentity.principalid) AS session
    FROM calls
    WHERE readonly = 'false'
        AND COALESCE(managementevent, 'true') = 'true'
        AND (
            lower(eventname) LIKE '%delete%'
            OR lower(eventname) LIKE '%remove%'
            OR eventname LIKE 'Terminate%'
            OR eventname LIKE 'Deregister%'
            OR eventname LIKE 'Purge%'
            OR eventname LIKE 'Schedule%Deletion'
        )
        AND eventname NOT LIKE '%Tags%'
        AND COALESCE(errorcode, '200') = '200'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, service,
    array_join(slice(array_agg(DISTINCT session ORDER BY session), 1, 20), ', ') AS sessions
FROM found
GROUP BY account_id, actor, service
