-- ---
-- id = "logging.detection-service-disabled"
-- title = "Macie, Inspector, Detective, Access Analyzer or a similar service was switched off"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} of {services} in {account_id}, {region}"
-- description = "Also covers Audit Manager, Security Lake, Firewall Manager and Shield Advanced."
-- benign = ["The service is being replaced or moved to another administrator account"]
-- steps = [
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Switch the service on again and compare its settings with the baseline",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/macie/latest/user/suspend-macie.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.analyzerName'),
            json_extract_scalar(requestparameters, '$.graphArn'),
            json_format(json_extract(requestparameters, '$.accountIds')),
            json_extract_scalar(requestparameters, '$.delegatedAdminAccountId'),
            json_extract_scalar(requestparameters, '$.adminAccountId'),
            'the account',
            'unknown') AS resource,
        source_ip, event_id, eventsource AS services
    FROM calls
    WHERE eventsource IN ('macie2.amazonaws.com', 'macie.amazonaws.com', 'inspector2.amazonaws.com',
            'detective.amazonaws.com', 'access-analyzer.amazonaws.com', 'auditmanager.amazonaws.com',
            'securitylake.amazonaws.com', 'fms.amazonaws.com', 'shield.amazonaws.com')
        AND eventname IN ('DisableMacie', 'UpdateMacieSession', 'Disable', 'DisableDelegatedAdminAccount',
            'DisableOrganizationAdminAccount', 'DeleteGraph', 'DeleteAnalyzer', 'DeregisterAccount',
            'DeleteDataLake', 'DeleteAwsLogSource', 'DeleteSubscriber', 'DisassociateAdminAccount',
            'DeleteSubscription')
        AND errorcode IS NULL
        AND (
            eventname <> 'UpdateMacieSession'
            OR json_extract_scalar(requestparameters, '$.status') = 'PAUSED'
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
