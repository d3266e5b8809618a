-- ---
-- id = "backup.copies-deleted"
-- title = "Backups were deleted or their protection removed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1490"]
-- about = ["account_id", "actor", "day"]
-- replaces = ["activity.resource-deletion", "attempts.destruction"]
-- attempts = "lower"
-- says = "{actor} deleted backups, or what protects them, in {account_id}, {region} ({action}, {occurrences}×, {outcome}): {resource}"
-- description = "Covers recovery points, vaults, and the locks and policies of vaults of AWS Backup; one finding per actor and day. What AWS Backup deletes by its own rules is left out. Changes of lifecycles alone are medium, also if they keep backups longer. An attempt that was denied is one severity lower."
-- benign = ["Somebody clears backups of a system that is gone"]
-- steps = [
--     "Stop the actor first, copies may be left: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Deny further deletions: aws backup put-backup-vault-access-policy --backup-vault-name VAULT --policy file://deny-delete.json",
--     "See what else the actor deleted: trailbrief query --last 24h \"SELECT eventtime, eventsource, eventname FROM events WHERE eventname LIKE 'Delete%'\"",
--     "Check the copies in other Regions and accounts: aws backup list-recovery-points-by-backup-vault --backup-vault-name VAULT",
-- ]
-- references = ["https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html", "https://attack.mitre.org/techniques/T1490/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.recoveryPointArn'),
            json_extract_scalar(requestparameters, '$.backupVaultName'),
            regexp_extract(errormessage, 'on resource: ([^ ]+)', 1), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day, outcome
    FROM calls
    WHERE eventsource = 'backup.amazonaws.com'
        AND eventname IN ('DeleteRecoveryPoint', 'DeleteBackupVault', 'DisassociateRecoveryPoint',
            'DisassociateRecoveryPointFromParent', 'DeleteBackupVaultLockConfiguration',
            'DeleteBackupVaultAccessPolicy', 'UpdateRecoveryPointLifecycle')
        AND outcome <> 'failed'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day, MAX(outcome) AS outcome,
    CASE WHEN MIN(action) = 'UpdateRecoveryPointLifecycle' AND MAX(action) = MIN(action) THEN 'medium' END AS severity
FROM found
GROUP BY account_id, actor, day
