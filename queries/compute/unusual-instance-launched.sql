-- ---
-- id = "compute.unusual-instance-launched"
-- title = "Instances of a large or graphics type were started or asked for"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} for {types} in {account_id}, {region} ({occurrences}×, {outcomes})"
-- description = "Any outcome. Types are those that mining uses: graphics, machine learning, bare metal and very large ones (parameter unusual_types). Leaves out calls that services make, such as automatic scaling."
-- benign = ["A team trains models or renders"]
-- steps = [
--     "Stop them if nobody expects it: aws ec2 terminate-instances --instance-ids INSTANCE; first modify disableApiTermination if it is set",
--     "Stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Look in every Region: aws ec2 describe-regions --query Regions[].RegionName",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html", "https://attack.mitre.org/techniques/T1496/001/"]
-- [params.unusual_types]
-- type = "text"
-- default = "(^|\")(p[0-9]|g[0-9]|gr[0-9]|trn|inf|dl[0-9]|vt|f[0-9])[a-z0-9-]*[.]|[.]metal|[.](16|18|24|32|48|56|96|112)xlarge"
-- about = "Regular expression for instance types that are reported"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.instancesSet.items[0].instanceId'),
            json_extract_scalar(requestparameters, '$.instancesSet.items[0].imageId'),
            json_extract_scalar(requestparameters, '$.launchSpecification.imageId'),
            'unknown') AS resource,
        source_ip, event_id,
        substr(COALESCE(json_extract_scalar(requestparameters, '$.instanceType'),
            json_extract_scalar(requestparameters, '$.launchSpecification.instanceType'),
            json_format(json_extract(requestparameters, '$.CreateFleetRequest.LaunchTemplateConfigs')),
            json_format(json_extract(requestparameters, '$.spotFleetRequestConfig.launchSpecifications')),
            json_format(json_extract(requestparameters, '$.CreateLaunchTemplateRequest'))), 1, 200) AS types,
        COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet',
            'CreateLaunchTemplate')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND regexp_like(COALESCE(json_extract_scalar(requestparameters, '$.instanceType'),
            json_extract_scalar(requestparameters, '$.launchSpecification.instanceType'),
            json_format(json_extract(requestparameters, '$.CreateFleetRequest.LaunchTemplateConfigs')),
            json_format(json_extract(requestparameters, '$.spotFleetRequestConfig.launchSpecifications')),
            json_format(json_extract(requestparameters, '$.CreateLaunchTemplateRequest'))), :unusual_types)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT types ORDER BY types), 1, 20), ', ') AS types,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, day
FROM found
GROUP BY account_id, region, actor, day
