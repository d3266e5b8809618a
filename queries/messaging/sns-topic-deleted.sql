-- ---
-- id = "messaging.sns-topic-deleted"
-- title = "SNS topic or alarm subscription was removed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region} (audit or alarm topic: {watched})"
-- description = "Reports changes of subscriptions and permissions only for watched topics."
-- benign = ["An application is being retired"]
-- steps = [
--     "If the topic carried alarms or audit messages, create it again first",
--     "Ask the actor for the ticket",
-- ]
-- references = ["https://docs.aws.amazon.com/sns/latest/dg/welcome.html", "https://attack.mitre.org/techniques/T1562/"]
-- [params.watched_topics]
-- type = "text"
-- default = "audit|alarm|alert|security|trail|guardduty"
-- about = "Regular expression for topics that carry alarms or audit messages, matched against lower-case ARNs"
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
