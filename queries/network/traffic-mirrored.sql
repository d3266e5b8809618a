-- ---
-- id = "network.traffic-mirrored"
-- title = "Network traffic is copied elsewhere, or somebody tried to"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1040"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} ({resource}) in {account_id}, {region} ({occurrences}×, {outcomes})"
-- description = "Any outcome but denied, which is in attempts.network."
-- benign = ["A network monitoring tool is being set up"]
-- steps = [
--     "Stop it: aws ec2 delete-traffic-mirror-session --traffic-mirror-session-id SESSION",
--     "Find out who receives the copy: aws ec2 describe-traffic-mirror-targets",
--     "Rotate what went through unencrypted",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/mirroring/what-is-traffic-mirroring.html", "https://attack.mitre.org/techniques/T1040/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.CreateTrafficMirrorSessionRequest.NetworkInterfaceId'),
            json_extract_scalar(requestparameters, '$.CreateTrafficMirrorTargetRequest.NetworkInterfaceId'),
            json_extract_scalar(requestparameters, '$.CreateTrafficMirrorTargetRequest.NetworkLoadBalancerArn'),
            json_extract_scalar(requestparameters, '$.CreateTrafficMirrorFilterRuleRequest.TrafficMirrorFilterId'),
            json_extract_scalar(requestparameters, '$.ModifyTrafficMirrorSessionRequest.TrafficMirrorSessionId'),
            'unknown') AS resource,
        source_ip, event_id, COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('CreateTrafficMirrorSession', 'CreateTrafficMirrorTarget', 'CreateTrafficMirrorFilter',
            'CreateTrafficMirrorFilterRule', 'ModifyTrafficMirrorSession',
            'ModifyTrafficMirrorFilterRule', 'DeleteTrafficMirrorTarget', 'DeleteTrafficMirrorSession')
        AND COALESCE(errorcode, '') NOT LIKE '%Unauthorized%'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, day
FROM found
GROUP BY account_id, region, actor, day
