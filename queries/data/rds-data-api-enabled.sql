-- ---
-- id = "data.rds-data-api-enabled"
-- title = "Data API (HTTP endpoint) was enabled on a database cluster"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1133"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} enabled the Data API (HTTP endpoint) of {resource} in {account_id}, {region}"
-- description = "A new cluster that has it from the start is medium."
-- benign = ["The application is built on the Data API"]
-- steps = [
--     "If nobody needs it: aws rds disable-http-endpoint --resource-arn CLUSTER, or aws rds modify-db-cluster --db-cluster-identifier CLUSTER --no-enable-http-endpoint",
--     "See who asked the database by it, if data events are logged: trailbrief query --last 24h \"SELECT eventtime, useridentity.arn, sourceipaddress FROM events WHERE eventsource = 'rdsdata.amazonaws.com'\"",
--     "Rotate the database's secret if the actor read it: aws secretsmanager rotate-secret --secret-id SECRET",
--     "Ask the actor which application needs it",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html", "https://attack.mitre.org/techniques/T1133/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.resourceArn'),
        json_extract_scalar(responseelements, '$.dBClusterArn'),
        json_extract_scalar(requestparameters, '$.dBClusterIdentifier')) AS resource,
    source_ip, event_id, useragent AS user_agent,
    CASE WHEN eventname = 'CreateDBCluster' THEN 'medium' END AS severity
FROM calls
WHERE eventsource = 'rds.amazonaws.com'
    AND eventname IN ('EnableHttpEndpoint', 'ModifyDBCluster', 'CreateDBCluster')
    AND errorcode IS NULL
    AND (eventname = 'EnableHttpEndpoint' OR json_extract_scalar(requestparameters,
        '$.enableHttpEndpoint') = 'true')
