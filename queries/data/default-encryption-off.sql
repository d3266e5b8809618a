-- ---
-- id = "data.default-encryption-off"
-- title = "Default encryption of volumes was switched off or moved to another key"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1486"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} changed the default encryption of volumes in {account_id}, {region} ({action}): key {keys}"
-- description = "Covers the setting of a Region; one finding per actor and day. Unencrypted copies can be shared with anybody; copies under a stranger's key can be read by their owner alone."
-- benign = ["The default key is being replaced by an own one"]
-- steps = [
--     "Switch it on again: aws ec2 enable-ebs-encryption-by-default --region REGION",
--     "Check whose key it is: aws ec2 get-ebs-default-kms-key-id --region REGION",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html", "https://attack.mitre.org/techniques/T1486/"]
-- ---
WITH found AS (
    SELECT
        event_time, account_id, region, actor, action, concat('account ', account_id) AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.ModifyEbsDefaultKmsKeyIdRequest.KmsKeyId'),
            json_extract_scalar(requestparameters, '$.kmsKeyId'), 'none given') AS key
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('DisableEbsEncryptionByDefault', 'ModifyEbsDefaultKmsKeyId', 'ResetEbsDefaultKmsKeyId')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT key ORDER BY key), 1, 20), ', ') AS keys, day
FROM found
GROUP BY account_id, actor, day
