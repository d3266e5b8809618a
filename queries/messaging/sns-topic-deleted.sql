-- ---
-- id = "messaging.sns-topic-deleted"
-- title = "SNS topic or a subscription to alarms was removed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} ran {action} on {resource} in {account_id} {region} (audit or alarm topic: {watched})"
-- description = "Subscriptions and permissions are told only for watched topics."
-- benign = ["An application is retired"]
-- steps = [
--     "If alarms or audit went through the topic, create it again first",
--     "Ask the actor for the ticket",
-- ]
-- references = ["https://docs.aws.amazon.com/sns/latest/dg/welcome.html", "https://attack.mitre.org/techniques/T1562/"]
-- [params.watched_topics]
-- type = "text"
-- default = "audit|alarm|alert|security|trail|guardduty"
-- about = "Regular expression on lower-case ARNs: topics that carry alarms or audit"
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(requestparameters, '$.topicArn'),
        json_extract_scalar(requestparameters, '$.subscriptionArn'), 'unknown') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    CASE WHEN regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.topicArn'),
        json_extract_scalar(requestparameters, '$.subscriptionArn'))), :watched_topics)
        THEN 'yes' ELSE 'no' END AS watched
FROM events
WHERE eventsource = 'sns.amazonaws.com'
    AND eventname IN ('DeleteTopic', 'Unsubscribe', 'RemovePermission')
    AND errorcode IS NULL
    AND (
        eventname = 'DeleteTopic'
        OR regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.topicArn'),
            json_extract_scalar(requestparameters, '$.subscriptionArn'))), :watched_topics)
    )
