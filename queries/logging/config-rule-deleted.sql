-- ---
-- id = "logging.config-rule-deleted"
-- title = "AWS Config rules, packs or aggregators were deleted"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- cis = ["4.9"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id} ({occurrences}×)"
-- description = "Leaves out calls that services make, such as Security Hub removing its own rules."
-- benign = ["Rules are being replaced by newer ones"]
-- steps = [
--     "Compare with the rules that should exist: aws configservice describe-config-rules --query \"ConfigRules[].ConfigRuleName\"",
--     "Deploy them again",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_manage-rules.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.configRuleName'),
            json_extract_scalar(requestparameters, '$.organizationConfigRuleName'),
            json_extract_scalar(requestparameters, '$.conformancePackName'),
            json_extract_scalar(requestparameters, '$.organizationConformancePackName'),
            json_extract_scalar(requestparameters, '$.configurationAggregatorName'),
            json_extract_scalar(requestparameters, '$.authorizedAccountId'),
            json_extract_scalar(requestparameters, '$.retentionConfigurationName'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'config.amazonaws.com'
        AND eventname IN ('DeleteConfigRule', 'DeleteOrganizationConfigRule', 'DeleteConformancePack',
            'DeleteOrganizationConformancePack', 'DeleteConfigurationAggregator',
            'DeleteAggregationAuthorization', 'DeleteEvaluationResults',
            'DeleteRemediationConfiguration', 'DeleteRetentionConfiguration')
        AND errorcode IS NULL
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
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
