-- ---
-- id = "compute.termination-protection-changed"
-- title = "Protection of instances against stop or termination was changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1496.001", "TA0005:T1562"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} changed the protection of {resource} in {account_id}, {region} (protected: {protected})"
-- description = "Thieves protect their miners, and lift the protection of what they destroy."
-- benign = ["An administrator prepares or ends maintenance"]
-- steps = [
--     "If the instance is not yours: aws ec2 modify-instance-attribute --instance-id INSTANCE --no-disable-api-termination, then aws ec2 terminate-instances --instance-ids INSTANCE",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html", "https://attack.mitre.org/techniques/T1496/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.instanceId'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.disableApiTermination.value'),
            json_extract_scalar(requestparameters, '$.disableApiTermination'),
            json_extract_scalar(requestparameters, '$.disableApiStop.value'),
            json_extract_scalar(requestparameters, '$.disableApiStop'),
            json_extract_scalar(requestparameters, '$.value')) AS protected
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname = 'ModifyInstanceAttribute'
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            json_extract(requestparameters, '$.disableApiTermination') IS NOT NULL
            OR json_extract(requestparameters, '$.disableApiStop') IS NOT NULL
            OR json_extract_scalar(requestparameters, '$.attribute') IN ('disableApiTermination', 'disableApiStop')
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT protected ORDER BY protected), 1, 20), ', ') AS protected, day
FROM found
GROUP BY account_id, region, actor, day
