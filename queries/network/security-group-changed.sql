-- ---
-- id = "network.security-group-changed"
-- title = "Security groups were changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1562.007"]
-- cis = ["4.10"]
-- about = ["account_id", "region", "actor"]
-- says = "{actor} changed security groups in {account_id}, {region} ({occurrences}×)"
-- benign = ["Infrastructure is being deployed", "A cluster or load balancer controller manages its groups"]
-- steps = [
--     "Review the groups of databases and administration hosts first",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html", "https://attack.mitre.org/techniques/T1562/007/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.groupId'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.ModifySecurityGroupRulesRequest.GroupId'),
            json_extract_scalar(responseelements, '$.groupId'), 'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('CreateSecurityGroup', 'DeleteSecurityGroup',
            'AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress',
            'RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress', 'ModifySecurityGroupRules')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids
FROM found
GROUP BY account_id, region, actor
