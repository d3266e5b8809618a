-- ---
-- id = "compute.key-pair-created"
-- title = "Key pair for instances was created or imported"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098.004"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} ({resource}) in {account_id} ({occurrences}×; Regions: {region})"
-- description = "Leaves out calls that services make. The same key pair in many Regions precedes mining."
-- benign = ["An administrator starts an instance by hand"]
-- steps = [
--     "Delete it if nobody needs it: aws ec2 delete-key-pair --key-name NAME",
--     "Look for instances that use it: aws ec2 describe-instances --filters Name=key-name,Values=NAME",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html", "https://attack.mitre.org/techniques/T1098/004/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.keyName'),
            json_extract_scalar(requestparameters, '$.keyPairName'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource IN ('ec2.amazonaws.com', 'lightsail.amazonaws.com')
        AND eventname IN ('CreateKeyPair', 'ImportKeyPair', 'DownloadDefaultKeyPair')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
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
