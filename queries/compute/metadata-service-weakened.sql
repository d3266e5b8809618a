-- ---
-- id = "compute.metadata-service-weakened"
-- title = "Instance metadata may be read without a token"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1552.005"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} for {resource} in {account_id}, {region}: credentials of the role can be read through a web server that is open to request forgery"
-- description = "Covers single instances and the default of the account. Instances that start without the setting are not reported."
-- benign = ["Old software on the instance cannot use tokens"]
-- steps = [
--     "Demand tokens again: aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-tokens required",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html", "https://attack.mitre.org/techniques/T1552/005/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.ModifyInstanceMetadataOptionsRequest.InstanceId'),
            json_extract_scalar(requestparameters, '$.instanceId'),
            'all new instances',
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('ModifyInstanceMetadataOptions', 'ModifyInstanceMetadataDefaults')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.ModifyInstanceMetadataOptionsRequest.HttpTokens'),
            json_extract_scalar(requestparameters, '$.ModifyInstanceMetadataDefaultsRequest.HttpTokens'),
            json_extract_scalar(requestparameters, '$.httpTokens')) = 'optional'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
