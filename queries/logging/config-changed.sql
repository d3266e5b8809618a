-- ---
-- id = "logging.config-changed"
-- title = "AWS Config recording or delivery was set up or changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1562.001"]
-- cis = ["4.9"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region} (records everything: {all_supported})"
-- description = "Reports set-up too. A recorder or channel that is stopped or deleted is logging.config-stopped."
-- benign = ["AWS Config is being set up in an account"]
-- steps = [
--     "Compare with the baseline: aws configservice describe-configuration-recorders; aws configservice describe-delivery-channels",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.configurationRecorder.name'),
            json_extract_scalar(requestparameters, '$.deliveryChannel.name'),
            json_extract_scalar(requestparameters, '$.configurationRecorderArn'),
            json_extract_scalar(requestparameters, '$.servicePrincipal'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.configurationRecorder.recordingGroup.allSupported'),
            'not said') AS all_supported
    FROM calls
    WHERE eventsource = 'config.amazonaws.com'
        AND eventname IN ('PutConfigurationRecorder', 'PutDeliveryChannel', 'PutRetentionConfiguration',
            'PutServiceLinkedConfigurationRecorder', 'AssociateResourceTypes',
            'DisassociateResourceTypes')
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
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT all_supported ORDER BY all_supported), 1, 20), ', ') AS all_supported,
    day
FROM found
GROUP BY account_id, region, actor, day
