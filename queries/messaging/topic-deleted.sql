-- ---
-- id = "messaging.topic-deleted"
-- title = "SNS topics of applications were deleted"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion"]
-- says = "{actor} deleted SNS topics in {account_id} ({occurrences}×): {resource}"
-- description = "Topics that carry alarms are in messaging.sns-topic-deleted."
-- benign = ["An application is being retired"]
-- steps = [
--     "Check that nothing still publishes to the topics",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/sns/latest/dg/welcome.html", "https://attack.mitre.org/techniques/T1485/"]
-- [params.watched_topics]
-- type = "text"
-- default = "audit|alarm|alert|security|trail|guardduty"
-- about = "Regular expression for topics that carry alarms or audit messages, matched against lower-case ARNs"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.topicArn'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'sns.amazonaws.com'
        AND eventname = 'DeleteTopic'
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND NOT regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.topicArn'), '')), :watched_topics)
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
