-- ---
-- id = "logging.log-group-removed"
-- title = "CloudWatch logs were deleted or their delivery was cut"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1070", "TA0005:T1562.008"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id} ({occurrences}×)"
-- description = "Leaves out log groups with security logs (logging.security-log-group-removed) and calls that services make, such as the clean-up by CloudFormation."
-- benign = ["An application and its logs are being removed"]
-- steps = [
--     "Check whether the groups belong to something that still runs",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html", "https://attack.mitre.org/techniques/T1070/"]
-- [params.watched_groups]
-- type = "text"
-- default = "cloudtrail|trail|audit|flow-?log|flowlog|vpc|guardduty|waf|security|route53|dns|eks/|firewall"
-- about = "Regular expression for log groups that hold security logs, matched against lower-case names"
-- [params.max_days]
-- type = "integer"
-- default = 3
-- about = "A retention of at most so many days counts as cut short"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.logGroupName'),
            json_extract_scalar(requestparameters, '$.logGroupIdentifier'),
            json_extract_scalar(requestparameters, '$.policyName'),
            json_extract_scalar(requestparameters, '$.destinationName'),
            json_extract_scalar(requestparameters, '$.deliverySourceName'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'logs.amazonaws.com'
        AND eventname IN ('DeleteLogGroup', 'DeleteLogStream', 'DeleteSubscriptionFilter', 'DeleteMetricFilter',
            'PutRetentionPolicy', 'DeleteDestination', 'DeleteResourcePolicy', 'DeleteDelivery',
            'DeleteDeliverySource', 'DeleteDataProtectionPolicy')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            eventname <> 'PutRetentionPolicy'
            OR TRY_CAST(json_extract_scalar(requestparameters, '$.retentionInDays') AS BIGINT) <= :max_days
        )
        AND NOT regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.logGroupName'),
                json_extract_scalar(requestparameters, '$.logGroupIdentifier'), '')), :watched_groups)
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
