-- ---
-- id = "compute.launch-probed"
-- title = "Launches of instances were tried out"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0007:T1580", "TA0040:T1496.001"]
-- about = ["account_id", "actor", "day"]
-- align = "1d"
-- says = "{actor} tried {occurrences} launches in {account_id} that only test what is possible ({error_codes}; Regions: {region})"
-- description = "Counts dry runs and launches that fail for want of quota or because the Region or account is not ready. Leaves out calls that services make."
-- benign = ["A cluster autoscaler checks its settings with dry runs", "A deployment hits a quota"]
-- steps = [
--     "If nobody expects it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Look for launches that succeeded: compute.launch-burst",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html", "https://attack.mitre.org/techniques/T1580/"]
-- [params.min_calls]
-- type = "integer"
-- default = 3
-- about = "Minimum number of such calls by one principal on one UTC day"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.instanceType'),
            json_extract_scalar(requestparameters, '$.launchSpecification.instanceType'),
            'unknown') AS resource,
        source_ip, event_id, errorcode AS error_codes
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND errorcode IN ('Client.DryRunOperation', 'Client.InstanceLimitExceeded', 'Client.VcpuLimitExceeded',
            'Client.MaxSpotInstanceCountExceeded', 'Client.Blocked', 'Client.PendingVerification',
            'Client.OptInRequired')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT error_codes ORDER BY error_codes), 1, 20), ', ') AS error_codes, day
FROM found
GROUP BY account_id, actor, day
HAVING COUNT(DISTINCT event_id) >= :min_calls
