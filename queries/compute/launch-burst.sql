-- ---
-- id = "compute.launch-burst"
-- title = "One principal started many instances, or instances in several Regions, within an hour"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496.001", "TA0005:T1535"]
-- about = ["account_id", "actor", "hour"]
-- align = "1h"
-- says = "{actor} asked for {instances} instances in {regions} Regions of {account_id} within an hour ({outcomes})"
-- description = "Any outcome. Leaves out calls that services make, such as automatic scaling. Counts per clock hour."
-- benign = ["A team starts a large computation", "A test suite starts instances in several Regions"]
-- steps = [
--     "Stop the actor if nobody expects it: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "End the instances in each Region: aws ec2 terminate-instances --region REGION --instance-ids INSTANCE",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/LaunchingAndUsingInstances.html", "https://attack.mitre.org/techniques/T1496/001/"]
-- [params.min_instances]
-- type = "integer"
-- default = 20
-- about = "Minimum number of instances asked for within an hour"
-- [params.min_regions]
-- type = "integer"
-- default = 3
-- about = "Minimum number of Regions within an hour"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 13) AS hour, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.instancesSet.items[0].imageId'),
            json_extract_scalar(requestparameters, '$.launchSpecification.imageId'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(TRY_CAST(json_extract_scalar(requestparameters, '$.instancesSet.items[0].maxCount') AS BIGINT),
            TRY_CAST(json_extract_scalar(requestparameters, '$.instanceCount') AS BIGINT), 1) AS amount,
        COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    SUM(amount) AS instances, COUNT(DISTINCT region) AS regions,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, hour
FROM found
GROUP BY account_id, actor, hour
HAVING SUM(amount) >= :min_instances
    OR COUNT(DISTINCT region) >= :min_regions
