-- ---
-- id = "compute.instances-stopped"
-- title = "Instances were stopped or terminated"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1489", "TA0040:T1485"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on instances in {account_id}, {region} ({occurrences}×): {resource}"
-- description = "Leaves out calls that services make, such as automatic scaling and deployments by CloudFormation."
-- benign = ["An administrator shuts down what nobody needs"]
-- steps = [
--     "Start what should run: aws ec2 start-instances --instance-ids INSTANCE; terminated instances only come back from a snapshot or image",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html", "https://attack.mitre.org/techniques/T1489/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.instancesSet.items')),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('StopInstances', 'TerminateInstances')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
