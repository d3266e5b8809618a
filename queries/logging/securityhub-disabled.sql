-- ---
-- id = "logging.securityhub-disabled"
-- title = "Security Hub was disabled, fully or for a standard or account"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- cis = ["4.16"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} ({resource}) in {account_id}, {region}"
-- benign = ["Security Hub is moving to another administrator account", "A standard is replaced by a newer version"]
-- steps = [
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Enable it again: aws securityhub enable-security-hub --enable-default-standards",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-disable.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.StandardsSubscriptionArns')),
            json_format(json_extract(requestparameters, '$.AccountIds')),
            json_extract_scalar(requestparameters, '$.AdminAccountId'),
            json_extract_scalar(requestparameters, '$.FindingAggregatorArn'),
            'the account',
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'securityhub.amazonaws.com'
        AND eventname IN ('DisableSecurityHub', 'DisableSecurityHubV2', 'BatchDisableStandards',
            'DisassociateMembers', 'DeleteMembers', 'DisassociateFromAdministratorAccount',
            'DisassociateFromMasterAccount', 'DisableOrganizationAdminAccount',
            'DeleteFindingAggregator')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
