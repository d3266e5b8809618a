-- ---
-- id = "messaging.sns-topic-deleted"
-- title = "Topic or subscription that carries alarms was removed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["messaging.topic-deleted"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}: alarms and audit messages no longer arrive"
-- description = "Topics count by their names (parameter watched_topics). Other topics are in messaging.topic-deleted. A topic that loses one subscription or permission is medium."
-- benign = ["An application is being retired"]
-- steps = [
--     "Create the topic again and subscribe the receivers: aws sns create-topic --name NAME; aws sns subscribe --topic-arn ARN --protocol email --notification-endpoint ADDRESS",
--     "Read the alarms of the time in between: aws cloudwatch describe-alarm-history --start-date TIME",
--     "List what else the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/sns/latest/dg/welcome.html", "https://attack.mitre.org/techniques/T1562/"]
-- [params.watched_topics]
-- type = "text"
-- default = "audit|alarm|alert|security|trail|guardduty"
-- about = "Regular expression for topics that carry alarms or audit messages, matched against lower-case ARNs"
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.topicArn'),
        json_extract_scalar(requestparameters, '$.subscriptionArn'), 'unknown') AS resource,
    source_ip, event_id,
    CASE WHEN regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.topicArn'),
        json_extract_scalar(requestparameters, '$.subscriptionArn'))), :watched_topics)
        THEN 'yes' ELSE 'no' END AS watched,
    CASE WHEN eventname <> 'DeleteTopic' THEN 'medium' END AS severity
FROM calls
WHERE eventsource = 'sns.amazonaws.com'
    AND eventname IN ('DeleteTopic', 'Unsubscribe', 'RemovePermission')
    AND errorcode IS NULL
    AND regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.topicArn'),
        json_extract_scalar(requestparameters, '$.subscriptionArn'))), :watched_topics)
