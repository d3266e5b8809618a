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
--     "Ask the actor whether the application needs the Data API",
--     "Check who may call rds-data:ExecuteStatement and read the database's secret",
--     "Disable the Data API if nobody needs it",
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
