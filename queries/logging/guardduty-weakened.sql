-- ---
-- id = "logging.guardduty-weakened"
-- title = "GuardDuty protections were switched off or set to off"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} in {account_id}, {region}: {features} ({resource})"
-- description = "A deployment that sends the same settings again is reported too: the record does not contain the earlier ones."
-- benign = ["A protection was never on, and a deployment sends all settings", "A protection is switched off to save cost"]
-- steps = [
--     "Compare with the baseline: aws guardduty get-detector --detector-id DETECTOR --query Features",
--     "Switch it on again: aws guardduty update-detector --detector-id DETECTOR --features Name=FEATURE,Status=ENABLED",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.accountIds')),
            json_extract_scalar(requestparameters, '$.destinationId'),
            json_extract_scalar(requestparameters, '$.detectorId'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_format(json_extract(requestparameters, '$.features')),
            json_format(json_extract(requestparameters, '$.dataSources')), eventname) AS features
    FROM calls
    WHERE eventsource = 'guardduty.amazonaws.com'
        AND eventname IN ('UpdateDetector', 'UpdateMemberDetectors', 'UpdateOrganizationConfiguration',
            'UpdatePublishingDestination', 'DeletePublishingDestination', 'UpdateMalwareScanSettings',
            'DeleteInvitations', 'DeleteThreatIntelSet', 'DeleteThreatEntitySet')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            eventname NOT IN ('UpdateDetector', 'UpdateMemberDetectors', 'UpdateOrganizationConfiguration')
            OR json_format(json_extract(requestparameters, '$.features')) LIKE '%"DISABLED"%'
            OR json_format(json_extract(requestparameters, '$.features')) LIKE '%"NONE"%'
            OR json_format(json_extract(requestparameters, '$.dataSources')) LIKE '%:false%'
            OR json_extract_scalar(requestparameters, '$.autoEnableOrganizationMembers') = 'NONE'
            OR json_extract_scalar(requestparameters, '$.autoEnable') = 'false'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT features ORDER BY features), 1, 20), ', ') AS features, day
FROM found
GROUP BY account_id, region, actor, day
