-- ---
-- id = "backup.plan-deleted"
-- title = "Backup plans were deleted or backups stopped"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1490"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} switched off backups in {account_id}, {region} ({action}, {occurrences}×): {resource}"
-- description = "Covers plans, selections and running jobs of AWS Backup; one finding per actor and day. Stacks are left out. Deleted backups are in backup.copies-deleted."
-- benign = ["A plan is replaced by another one", "A system is being retired"]
-- steps = [
--     "Check that another plan covers the resources: aws backup list-protected-resources",
--     "Create the plan again: aws backup create-backup-plan --backup-plan file://plan.json",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/aws-backup/latest/devguide/about-backup-plans.html", "https://attack.mitre.org/techniques/T1490/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.backupPlanId'),
            json_extract_scalar(requestparameters, '$.backupJobId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 'backup.amazonaws.com'
        AND eventname IN ('DeleteBackupPlan', 'DeleteBackupSelection', 'StopBackupJob')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
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
