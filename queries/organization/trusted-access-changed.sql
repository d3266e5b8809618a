-- ---
-- id = "organization.trusted-access-changed"
-- title = "Trusted access of services to the organization was changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- cis = ["4.15"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} ran {action} in the organization for {resource} ({occurrences}×)"
-- benign = ["A service is being set up for the whole organization"]
-- steps = [
--     "If CloudTrail, Config, GuardDuty or Security Hub was switched off and nobody planned it: aws organizations enable-aws-service-access --service-principal SERVICE, then set it up again in its own console",
--     "If a service was switched on, check what it may do in all accounts",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.servicePrincipal'), 'all features') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour
    FROM calls
    WHERE eventsource = 'organizations.amazonaws.com'
        AND eventname IN ('EnableAWSServiceAccess', 'DisableAWSServiceAccess', 'EnableAllFeatures')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour
FROM found
GROUP BY account_id, actor, hour
