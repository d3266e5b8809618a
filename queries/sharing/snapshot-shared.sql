-- ---
-- id = "sharing.snapshot-shared"
-- title = "Snapshot or image was shared with a stranger"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0010:T1537"]
-- about = ["account_id", "actor", "shared_with", "day"]
-- attempts = "lower"
-- replaces = ["attempts.sharing"]
-- says = "{actor} shared {resource} in {account_id} with {shared_with}, who could copy the data out ({outcome})"
-- description = "Covers snapshots of volumes, RDS, Aurora and Redshift, and machine images. Strangers are everybody, and accounts that are neither in accounts nor in the watchlist partner-accounts; if accounts is empty, every other account. Everybody is critical. A denied attempt is one severity lower."
-- benign = ["Images are published, or handed to a customer, on purpose", "The other account is yours and missing in accounts"]
-- steps = [
--     "Take the share back: aws ec2 modify-snapshot-attribute --snapshot-id SNAPSHOT --create-volume-permission 'Remove=[{UserId=ACCOUNT}]' (Group=all for everybody; an image: aws ec2 modify-image-attribute --image-id IMAGE --launch-permission 'Remove=[{UserId=ACCOUNT}]'; a database: aws rds modify-db-snapshot-attribute --db-snapshot-identifier SNAPSHOT --attribute-name restore --values-to-remove ACCOUNT)",
--     "Block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "Treat the data as copied if the share stood for more than minutes, and rotate the secrets that lie in it",
--     "Add the account to the watchlist partner-accounts if the share is wanted",
-- ]
-- references = ["https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html", "https://attack.mitre.org/techniques/T1537/"]
-- ---
WITH shares AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.snapshotId'),
            json_extract_scalar(requestparameters, '$.imageId'),
            json_extract_scalar(requestparameters, '$.dBSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterSnapshotIdentifier'),
            json_extract_scalar(requestparameters, '$.snapshotIdentifier'), 'unknown') AS resource,
        source_ip, event_id, r.recipient, substr(eventtime, 1, 10) AS day, outcome
    FROM calls
    CROSS JOIN UNNEST(regexp_extract_all(concat(
        COALESCE(json_format(json_extract(requestparameters, '$.createVolumePermission.add')), ''),
        COALESCE(json_format(json_extract(requestparameters, '$.launchPermission.add')), ''),
        COALESCE(json_format(json_extract(requestparameters, '$.valuesToAdd')), ''),
        COALESCE(json_format(json_extract(requestparameters, '$.accountWithRestoreAccess')), '')
    ), '"(arn:aws[a-z-]*:organizations::)?(all|[0-9]{12})[":]', 2)) AS r(recipient)
    WHERE eventsource IN ('ec2.amazonaws.com', 'rds.amazonaws.com', 'redshift.amazonaws.com')
        AND eventname IN ('ModifySnapshotAttribute', 'ModifyImageAttribute', 'ModifyDBSnapshotAttribute',
            'ModifyDBClusterSnapshotAttribute', 'AuthorizeSnapshotAccess')
        AND outcome <> 'failed'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    CASE WHEN recipient = 'all' THEN 'everybody' ELSE concat('account ', recipient) END AS shared_with, day,
    MAX(outcome) AS outcome, CASE WHEN recipient = 'all' THEN 'critical' END AS severity
FROM shares
WHERE (recipient = 'all' OR account_id <> '')
    AND recipient <> account_id
    AND recipient NOT IN (SELECT account_id FROM accounts)
    AND recipient NOT IN (SELECT value FROM watchlist WHERE list = 'partner-accounts')
GROUP BY account_id, actor, recipient, day
