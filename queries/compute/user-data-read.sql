-- ---
-- id = "compute.user-data-read"
-- title = "Start scripts of instances were read"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1552.005"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} read the user data of {instances} instances in {account_id}, {region} ({occurrences}×, {outcomes}): such scripts often hold passwords"
-- description = "Any outcome. Leaves out user agents of deployment tools (parameter quiet_agents), which read all attributes."
-- benign = ["Somebody looks at the start script in the console"]
-- steps = [
--     "Rotate the passwords and keys that the scripts hold, if nobody can explain the read",
--     "Move them to Secrets Manager",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html", "https://attack.mitre.org/techniques/T1552/005/"]
-- [params.quiet_agents]
-- type = "text"
-- default = "terraform|pulumi|opentofu|cloudformation"
-- about = "Regular expression for user agents that are not reported, matched in lower case"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.instanceId'),
            json_extract_scalar(requestparameters, '$.GetLaunchTemplateDataRequest.InstanceId'),
            'unknown') AS resource,
        source_ip, event_id, COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('DescribeInstanceAttribute', 'GetLaunchTemplateData')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            eventname = 'GetLaunchTemplateData'
            OR json_extract_scalar(requestparameters, '$.attribute') = 'userData'
        )
        AND NOT regexp_like(lower(COALESCE(useragent, '')), :quiet_agents)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS instances,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, day
FROM found
GROUP BY account_id, region, actor, day
