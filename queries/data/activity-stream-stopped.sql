-- ---
-- id = "data.activity-stream-stopped"
-- title = "Activity stream of a database was stopped"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} stopped the activity stream of {resource} in {account_id}, {region}"
-- description = "One finding per actor and day."
-- benign = ["The database is about to be upgraded or retired"]
-- steps = [
--     "Start it again: aws rds start-activity-stream --resource-arn RESOURCE --mode async --kms-key-id KMS_KEY --apply-immediately",
--     "See what the actor did to the database meanwhile: data.master-password-changed, data.database-exported",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/DBActivityStreams.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.resourceArn'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 'rds.amazonaws.com'
        AND eventname = 'StopActivityStream'
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
