-- ---
-- id = "logging.cloudtrail-stop-attempted"
-- title = "Attempt to stop or weaken CloudTrail failed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- cis = ["4.5"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} tried {action} on {resource} in {account_id} and failed ({error_codes}, {occurrences}×)"
-- description = "Covers every failure: denied, throttled, or a trail that does not exist. Retries and further attempts of one day make one finding."
-- benign = ["A deployment without the permission manages the trail", "A script deletes a trail that is already gone"]
-- steps = [
--     "Treat the actor as a thief until it is explained: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Check that the trail still records: aws cloudtrail get-trail-status --name TRAIL",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.trailName'),
            json_extract_scalar(requestparameters, '$.eventDataStore'),
            regexp_extract(errormessage, 'on resource: ([^ ]+)', 1),
            'unknown') AS resource,
        source_ip, event_id, errorcode AS error_codes
    FROM calls
    WHERE eventsource = 'cloudtrail.amazonaws.com'
        AND eventname IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors',
            'StopEventDataStoreIngestion', 'DeleteEventDataStore', 'UpdateEventDataStore',
            'DeregisterOrganizationDelegatedAdmin')
        AND errorcode IS NOT NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT error_codes ORDER BY error_codes), 1, 20), ', ') AS error_codes, day
FROM found
GROUP BY account_id, actor, day
