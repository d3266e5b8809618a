-- ---
-- id = "compute.password-data-read"
-- title = "Passwords of Windows instances were asked for"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1555"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} asked for the passwords of {instances} instances in {account_id}, {region} ({occurrences}×, {outcomes})"
-- description = "Any outcome. The answer is encrypted with the key pair of the instance."
-- benign = ["An administrator logs in to a new Windows instance"]
-- steps = [
--     "If many instances are listed or nobody expects it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Change the administrator passwords of the instances",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetPasswordData.html", "https://attack.mitre.org/techniques/T1555/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.instanceId'),
            'unknown') AS resource,
        source_ip, event_id, COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname = 'GetPasswordData'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS instances,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, day
FROM found
GROUP BY account_id, region, actor, day
