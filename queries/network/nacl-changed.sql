-- ---
-- id = "network.nacl-changed"
-- title = "Network access control lists were changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1562.007"]
-- cis = ["4.11"]
-- about = ["account_id", "region", "actor", "hour"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region} ({occurrences}×)"
-- description = "Entries that let everybody in are in network.nacl-opened as well."
-- benign = ["Infrastructure is being deployed"]
-- steps = [
--     "Compare with the definition in code, and put back what nobody can explain: aws ec2 describe-network-acls --network-acl-ids ACL",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html", "https://attack.mitre.org/techniques/T1562/007/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 13) AS hour, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.networkAclId'),
            json_extract_scalar(responseelements, '$.networkAcl.networkAclId'),
            json_extract_scalar(requestparameters, '$.associationId'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('CreateNetworkAcl', 'CreateNetworkAclEntry', 'DeleteNetworkAcl', 'DeleteNetworkAclEntry',
            'ReplaceNetworkAclEntry', 'ReplaceNetworkAclAssociation')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour
FROM found
GROUP BY account_id, region, actor, hour
