-- ---
-- id = "attempts.network"
-- title = "Denied: opening the network, mirroring traffic or changing names and delivery"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.007", "TA0042:T1584.001"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} was denied {action} on {resource} in {account_id} ({occurrences}×)"
-- description = "One finding per person or key and day. Changes that were allowed have detections of their own in this library."
-- benign = ["A new deployment lacks a permission", "Somebody tries what they may do after a change of roles"]
-- steps = [
--     "If nobody can explain it, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Find out who is behind the actor, and from where: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "Look for calls of the same actor that were allowed",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html", "https://attack.mitre.org/techniques/T1562/007/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.networkAclId'),
            json_extract_scalar(requestparameters, '$.groupId'),
            json_extract_scalar(requestparameters, '$.hostedZoneId'),
            json_extract_scalar(requestparameters, '$.domainName'),
            json_extract_scalar(requestparameters, '$.id'),
            regexp_extract(errormessage, 'on resource: ([^ ]+)', 1),
            'unknown') AS resource,
        source_ip, event_id, errorcode AS error_codes
    FROM calls
    WHERE eventsource IN ('ec2.amazonaws.com', 'route53.amazonaws.com', 'route53domains.amazonaws.com',
            'cloudfront.amazonaws.com', 'elasticloadbalancing.amazonaws.com',
            'network-firewall.amazonaws.com')
        AND eventname IN ('CreateNetworkAclEntry', 'ReplaceNetworkAclEntry', 'DeleteNetworkAcl',
            'DeleteNetworkAclEntry', 'AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules',
            'CreateTrafficMirrorSession', 'CreateTrafficMirrorTarget', 'CreateTrafficMirrorFilter',
            'CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection', 'CreateHostedZone',
            'ChangeResourceRecordSets', 'DisableDomainTransferLock',
            'TransferDomainToAnotherAwsAccount', 'UpdateDomainNameservers',
            'PublishFunction2020_05_31', 'UpdateDistribution', 'CreateRule', 'ModifyListener',
            'DeleteFirewall')
        AND outcome = 'denied'
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
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT error_codes ORDER BY error_codes), 1, 20), ', ') AS error_codes, day
FROM found
GROUP BY account_id, actor, day
