-- ---
-- id = "network.security-group-open-web-port"
-- title = "Web port was opened to the internet"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1562.007"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["network.security-group-changed"]
-- says = "{actor} opened web ports {ports} of {resource} in {account_id}, {region} to {cidrs}"
-- description = "Ports count as web ports by the parameter web_ports. Networks from /0 to /7 count as the internet. Prefix lists are not resolved: the record does not contain their entries."
-- benign = ["The group belongs to a public load balancer or web server"]
-- steps = [
--     "Check that a public load balancer or web server uses the group: aws ec2 describe-network-interfaces --filters Name=group-id,Values=GROUP",
--     "Revoke the rule if not: aws ec2 revoke-security-group-ingress --group-id GROUP --security-group-rule-ids RULE",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html", "https://attack.mitre.org/techniques/T1562/007/"]
-- [params.web_ports]
-- type = "text-list"
-- default = ["80", "443"]
-- about = "Ports that web servers and load balancers open to everybody"
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.groupId'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.ModifySecurityGroupRulesRequest.GroupId'),
                'unknown') AS resource,
        source_ip, event_id, requestparameters AS request,
        json_format(json_extract(requestparameters,
            '$.ModifySecurityGroupRulesRequest.SecurityGroupRule')) AS modified
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
        AND errorcode IS NULL
),
permissions AS (
    SELECT c.event_id, p.permission
    FROM found c
    CROSS JOIN UNNEST(CAST(json_extract(c.request, '$.ipPermissions.items') AS ARRAY(JSON))) AS p(permission)
),
rules AS (
    SELECT p.event_id, json_extract_scalar(r.item, '$.cidrIp') AS cidr,
        json_extract_scalar(p.permission, '$.ipProtocol') AS protocol,
        json_extract_scalar(p.permission, '$.fromPort') AS from_port,
        json_extract_scalar(p.permission, '$.toPort') AS to_port
    FROM permissions p
    CROSS JOIN UNNEST(CAST(json_extract(p.permission, '$.ipRanges.items') AS ARRAY(JSON))) AS r(item)
    UNION ALL
    SELECT p.event_id, json_extract_scalar(r.item, '$.cidrIpv6'),
        json_extract_scalar(p.permission, '$.ipProtocol'),
        json_extract_scalar(p.permission, '$.fromPort'),
        json_extract_scalar(p.permission, '$.toPort')
    FROM permissions p
    CROSS JOIN UNNEST(CAST(json_extract(p.permission, '$.ipv6Ranges.items') AS ARRAY(JSON))) AS r(item)
    UNION ALL
    SELECT event_id, json_extract_scalar(request, '$.cidrIp'), json_extract_scalar(request, '$.ipProtocol'),
        json_extract_scalar(request, '$.fromPort'), json_extract_scalar(request, '$.toPort')
    FROM found
    UNION ALL
    SELECT c.event_id,
        COALESCE(json_extract_scalar(m.item, '$.SecurityGroupRule.CidrIpv4'),
            json_extract_scalar(m.item, '$.SecurityGroupRule.CidrIpv6')),
        json_extract_scalar(m.item, '$.SecurityGroupRule.IpProtocol'),
        json_extract_scalar(m.item, '$.SecurityGroupRule.FromPort'),
        json_extract_scalar(m.item, '$.SecurityGroupRule.ToPort')
    FROM found c
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN c.modified LIKE '[%' THEN c.modified ELSE concat('[', c.modified, ']') END
    ) AS ARRAY(JSON))) AS m(item)
),
opened AS (
    SELECT event_id, cidr,
        CASE
            WHEN protocol = '-1' OR from_port IS NULL OR from_port = '-1' THEN 'all'
            WHEN from_port = to_port THEN from_port
            ELSE concat(from_port, '-', to_port)
        END AS ports
    FROM rules
    WHERE regexp_like(cidr, '/[0-7]$')
        AND from_port = to_port
        AND from_port IN (:web_ports)
),
summaries AS (
    SELECT event_id, array_join(array_agg(DISTINCT cidr ORDER BY cidr), ', ') AS cidrs,
        array_join(array_agg(DISTINCT ports ORDER BY ports), ', ') AS ports
    FROM opened
    GROUP BY event_id
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id, s.cidrs,
    s.ports
FROM found c
JOIN summaries s ON s.event_id = c.event_id
