-- ---
-- id = "network.nacl-opened"
-- title = "Network access control list lets everybody in"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.007"]
-- cis = ["4.11"]
-- about = ["account_id", "region", "actor", "day"]
-- replaces = ["network.nacl-changed"]
-- says = "{actor} let {cidrs} in through {resource} in {account_id}, {region} (protocol {protocols}, ports {ports})"
-- description = "Networks from /0 to /7 count as everybody. Leaves out entries for web ports and for answers on ports from 1024."
-- benign = ["A public subnet is being set up"]
-- steps = [
--     "Delete the entry if nobody needs it: aws ec2 delete-network-acl-entry --network-acl-id ACL --ingress --rule-number NUMBER",
--     "Check which security groups are open in those subnets",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html", "https://attack.mitre.org/techniques/T1562/007/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.networkAclId'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.cidrBlock'),
            json_extract_scalar(requestparameters, '$.ipv6CidrBlock')) AS cidrs,
        json_extract_scalar(requestparameters, '$.aclProtocol') AS protocols,
        CASE
            WHEN json_extract_scalar(requestparameters, '$.portRange.from') IS NULL THEN 'all'
            ELSE concat(json_extract_scalar(requestparameters, '$.portRange.from'), '-',
                json_extract_scalar(requestparameters, '$.portRange.to'))
        END AS ports
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('CreateNetworkAclEntry', 'ReplaceNetworkAclEntry')
        AND errorcode IS NULL
        AND json_extract_scalar(requestparameters, '$.ruleAction') = 'allow'
        AND json_extract_scalar(requestparameters, '$.egress') = 'false'
        AND regexp_like(COALESCE(json_extract_scalar(requestparameters, '$.cidrBlock'),
            json_extract_scalar(requestparameters, '$.ipv6CidrBlock'), ''), '/[0-7]$')
        AND COALESCE(TRY_CAST(json_extract_scalar(requestparameters, '$.portRange.from') AS BIGINT), 0) < 1024
        AND NOT (
            COALESCE(json_extract_scalar(requestparameters, '$.portRange.from'), '')
                = COALESCE(json_extract_scalar(requestparameters, '$.portRange.to'), '')
            AND COALESCE(json_extract_scalar(requestparameters, '$.portRange.from'), '') IN ('80', '443')
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT cidrs ORDER BY cidrs), 1, 20), ', ') AS cidrs,
    array_join(slice(array_agg(DISTINCT protocols ORDER BY protocols), 1, 20), ', ') AS protocols,
    array_join(slice(array_agg(DISTINCT ports ORDER BY ports), 1, 20), ', ') AS ports, day
FROM found
GROUP BY account_id, region, actor, day
