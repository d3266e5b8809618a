-- ---
-- id = "network.protection-removed"
-- title = "Web ACL, firewall or DNS firewall was removed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.007"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}"
-- description = "Covers WAF, Network Firewall and the DNS firewall of Route 53 Resolver. A web ACL that is taken off a CloudFront distribution shows as UpdateDistribution only."
-- benign = ["The site or VPC behind it is being removed"]
-- steps = [
--     "Put it back: aws wafv2 associate-web-acl --web-acl-arn ARN --resource-arn ARN, or deploy the firewall again",
--     "Read the access logs of what it protected from then on",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-deleting.html", "https://attack.mitre.org/techniques/T1562/007/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.webACLId'),
            json_extract_scalar(requestparameters, '$.resourceArn'),
            json_extract_scalar(requestparameters, '$.firewallName'),
            json_extract_scalar(requestparameters, '$.firewallPolicyName'),
            json_extract_scalar(requestparameters, '$.ruleGroupName'),
            json_extract_scalar(requestparameters, '$.firewallArn'),
            json_extract_scalar(requestparameters, '$.firewallRuleGroupAssociationId'),
            json_extract_scalar(requestparameters, '$.firewallRuleGroupId'),
            json_extract_scalar(requestparameters, '$.id'),
            json_extract_scalar(requestparameters, '$.ruleId'),
            json_extract_scalar(requestparameters, '$.ipSetId'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource IN ('waf.amazonaws.com', 'waf-regional.amazonaws.com', 'wafv2.amazonaws.com',
            'network-firewall.amazonaws.com', 'route53resolver.amazonaws.com')
        AND eventname IN ('DeleteWebACL', 'DisassociateWebACL', 'DeleteRuleGroup', 'DeleteRule', 'DeleteIPSet',
            'DeleteFirewallManagerRuleGroups', 'DeleteFirewall', 'DeleteFirewallPolicy',
            'DisassociateSubnets', 'DisassociateFirewallRuleGroup', 'DeleteFirewallRule',
            'DeleteFirewallRuleGroup', 'DeleteFirewallDomainList')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
