-- ---
-- id = "logging.guardduty-members-removed"
-- title = "Accounts were taken out of GuardDuty"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} for {resource} in {account_id}, {region}: the administrator account no longer sees their findings"
-- benign = ["GuardDuty is moving to another administrator account", "An account is leaving the organization"]
-- steps = [
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Add the members again: aws guardduty create-members --detector-id DETECTOR --account-details AccountId=ACCOUNT,Email=EMAIL; aws guardduty start-monitoring-members --detector-id DETECTOR --account-ids ACCOUNT",
--     "Read the findings of those accounts in the accounts themselves",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_accounts.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.accountIds')),
            json_extract_scalar(requestparameters, '$.detectorId'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'guardduty.amazonaws.com'
        AND eventname IN ('DisassociateMembers', 'DeleteMembers', 'StopMonitoringMembers',
            'DisassociateFromMasterAccount', 'DisassociateFromAdministratorAccount')
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
