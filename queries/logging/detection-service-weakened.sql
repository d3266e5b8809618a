-- ---
-- id = "logging.detection-service-weakened"
-- title = "Macie, Inspector, Detective, Access Analyzer or Shield was weakened"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} ({resource}) of {services} in {account_id}, {region}"
-- description = "Covers filters that hide findings, slower publishing, accounts that are taken out, and protections that are deleted."
-- benign = ["A known false alarm is being suppressed, with a record of it"]
-- steps = [
--     "Read what is hidden or no longer covered, and compare with the baseline",
--     "Delete the filter or add the account again",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/macie/latest/user/findings-suppression.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.id'),
            json_extract_scalar(requestparameters, '$.ruleName'),
            json_extract_scalar(requestparameters, '$.accountId'),
            json_format(json_extract(requestparameters, '$.accountIds')),
            json_extract_scalar(requestparameters, '$.protectionId'),
            json_extract_scalar(requestparameters, '$.policyId'),
            json_extract_scalar(requestparameters, '$.findingPublishingFrequency'),
            json_extract_scalar(requestparameters, '$.status'),
            'unknown') AS resource,
        source_ip, event_id, eventsource AS services
    FROM calls
    WHERE eventsource IN ('macie2.amazonaws.com', 'macie.amazonaws.com', 'inspector2.amazonaws.com',
            'detective.amazonaws.com', 'access-analyzer.amazonaws.com', 'fms.amazonaws.com',
            'shield.amazonaws.com')
        AND eventname IN ('UpdateMacieSession', 'CreateFindingsFilter', 'UpdateFindingsFilter', 'CreateFilter',
            'UpdateFilter', 'CreateArchiveRule', 'UpdateArchiveRule', 'DeleteMember',
            'DisassociateMember', 'DeleteMembers', 'DisassociateMembership',
            'DisassociateFromMasterAccount', 'DisassociateFromAdministratorAccount',
            'UpdateAutomatedDiscoveryConfiguration', 'DeleteProtection', 'DeleteProtectionGroup',
            'DisassociateDRTRole', 'DisableProactiveEngagement', 'DeletePolicy')
        AND errorcode IS NULL
        AND (
            eventname NOT IN ('UpdateMacieSession', 'CreateFindingsFilter', 'UpdateFindingsFilter', 'CreateFilter',
                'UpdateFilter', 'UpdateAutomatedDiscoveryConfiguration')
            OR json_extract_scalar(requestparameters, '$.findingPublishingFrequency') = 'SIX_HOURS'
            OR json_extract_scalar(requestparameters, '$.action') IN ('ARCHIVE', 'SUPPRESS')
            OR json_extract_scalar(requestparameters, '$.status') = 'DISABLED'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT services ORDER BY services), 1, 20), ', ') AS services, day
FROM found
GROUP BY account_id, region, actor, day
