-- ---
-- id = "logging.securityhub-weakened"
-- title = "Security Hub controls, products or actions were switched off"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- cis = ["4.16"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} ({resource}) in {account_id}, {region}"
-- benign = ["The control does not apply, and the exception is on record"]
-- steps = [
--     "Compare with the list of exceptions",
--     "Enable it again: aws securityhub batch-update-standards-control-associations --standards-control-association-updates StandardsArn=ARN,SecurityControlId=ID,AssociationStatus=ENABLED",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/securityhub/latest/userguide/disable-controls-overview.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.StandardsControlAssociationUpdates')),
            json_extract_scalar(requestparameters, '$.StandardsControlArn'),
            json_extract_scalar(requestparameters, '$.ProductSubscriptionArn'),
            json_extract_scalar(requestparameters, '$.ActionTargetArn'),
            json_extract_scalar(requestparameters, '$.RuleName'),
            json_format(json_extract(requestparameters, '$.UpdateAutomationRulesRequestItems')),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'securityhub.amazonaws.com'
        AND eventname IN ('UpdateStandardsControl', 'BatchUpdateStandardsControlAssociations',
            'DisableImportFindingsForProduct', 'DeleteActionTarget', 'UpdateOrganizationConfiguration',
            'CreateAutomationRule', 'BatchUpdateAutomationRules')
        AND errorcode IS NULL
        AND (
            eventname NOT IN ('UpdateStandardsControl', 'BatchUpdateStandardsControlAssociations',
                'UpdateOrganizationConfiguration', 'CreateAutomationRule', 'BatchUpdateAutomationRules')
            OR json_extract_scalar(requestparameters, '$.ControlStatus') = 'DISABLED'
            OR json_format(json_extract(requestparameters, '$.StandardsControlAssociationUpdates')) LIKE '%"DISABLED"%'
            OR json_extract_scalar(requestparameters, '$.AutoEnable') = 'false'
            OR json_extract_scalar(requestparameters, '$.AutoEnableStandards') = 'NONE'
            OR json_format(json_extract(requestparameters, '$.Actions')) LIKE '%SUPPRESSED%'
            OR json_format(json_extract(requestparameters, '$.UpdateAutomationRulesRequestItems')) LIKE '%SUPPRESSED%'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
