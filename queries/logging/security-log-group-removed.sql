-- ---
-- id = "logging.security-log-group-removed"
-- title = "CloudWatch log group with security logs was deleted or cut short"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008", "TA0005:T1070"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["logging.log-group-removed"]
-- says = "{actor} ran {action} on log group {resource} in {account_id}, {region}"
-- description = "Log groups count by their names (parameter watched_groups). Other log groups are in logging.log-group-removed."
-- benign = ["A test trail or VPC is being removed"]
-- steps = [
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Create the group again and point the trail or flow log to it: aws logs create-log-group --log-group-name GROUP",
--     "Read the same events from another copy, such as the bucket of the trail",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- [params.watched_groups]
-- type = "text"
-- default = "cloudtrail|trail|audit|flow-?log|flowlog|vpc|guardduty|waf|security|route53|dns|eks/|firewall"
-- about = "Regular expression for log groups that hold security logs, matched against lower-case names"
-- [params.max_days]
-- type = "integer"
-- default = 7
-- about = "A retention of at most so many days counts as cut short"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.logGroupName'),
            json_extract_scalar(requestparameters, '$.logGroupIdentifier'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'logs.amazonaws.com'
        AND eventname IN ('DeleteLogGroup', 'DeleteLogStream', 'DeleteSubscriptionFilter', 'DeleteMetricFilter',
            'PutRetentionPolicy')
        AND errorcode IS NULL
        AND (
            eventname <> 'PutRetentionPolicy'
            OR TRY_CAST(json_extract_scalar(requestparameters, '$.retentionInDays') AS BIGINT) <= :max_days
        )
        AND regexp_like(lower(COALESCE(json_extract_scalar(requestparameters, '$.logGroupName'),
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
