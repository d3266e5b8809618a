-- ---
-- id = "compute.serial-console-enabled"
-- title = "Serial console of instances was enabled for the account"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0008:T1021.008"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} enabled the serial console of all instances in {account_id}, {region}: it goes past security groups"
-- benign = ["An operator repairs an instance that no longer starts"]
-- steps = [
--     "Disable it again: aws ec2 disable-serial-console-access",
--     "Look for SendSerialConsoleSSHPublicKey: compute.instance-connect",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-access-to-serial-console.html", "https://attack.mitre.org/techniques/T1021/008/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        'serial console' AS resource, source_ip, event_id
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname = 'EnableSerialConsoleAccess'
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
