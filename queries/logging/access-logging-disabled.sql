-- ---
-- id = "logging.access-logging-disabled"
-- title = "Access or activity logging of a resource was switched off"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}: its accesses are no longer recorded"
-- description = "Covers S3, load balancers, WAF, Network Firewall, EKS, RDS activity streams and Redshift."
-- benign = ["The logs go elsewhere from now on"]
-- steps = [
--     "Switch the logging on again and compare with the baseline",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'),
            json_extract_scalar(requestparameters, '$.loadBalancerArn'),
            json_extract_scalar(requestparameters, '$.resourceArn'),
            json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.clusterIdentifier'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource IN ('s3.amazonaws.com', 'elasticloadbalancing.amazonaws.com', 'wafv2.amazonaws.com',
            'network-firewall.amazonaws.com', 'eks.amazonaws.com', 'rds.amazonaws.com',
            'redshift.amazonaws.com')
        AND eventname IN ('PutBucketLogging', 'ModifyLoadBalancerAttributes', 'DeleteLoggingConfiguration',
            'UpdateClusterConfig', 'StopActivityStream', 'DisableLogging')
        AND errorcode IS NULL
        AND (
            eventname NOT IN ('PutBucketLogging', 'ModifyLoadBalancerAttributes', 'UpdateClusterConfig')
            OR (
                eventname = 'PutBucketLogging'
                AND json_extract(requestparameters, '$.BucketLoggingStatus.LoggingEnabled') IS NULL
            )
            OR regexp_like(json_format(json_extract(requestparameters, '$.attributes')),
                '"key":"access_logs.s3.enabled","value":"?false|"value":"?false"?,"key":"access_logs.s3.enabled')
            OR json_format(json_extract(requestparameters, '$.logging.clusterLogging')) LIKE '%"enabled":false%'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
