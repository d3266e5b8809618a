-- ---
-- id = "network.security-group-open-admin-port"
-- title = "Administration or database port was opened to the internet"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.007", "TA0001:T1133"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["network.security-group-open-world"]
-- says = "{actor} opened ports {admin_ports} of {resource} in {account_id}, {region} to {cidrs}"
-- description = "Networks from /0 to /7 count as the internet. Prefix lists are not resolved: the record does not contain their entries."
-- benign = ["A bastion host needs it and has an exception on record"]
-- steps = [
--     "Revoke the rule",
--     "Find what uses the group and read its logs from the time of the change onwards",
--     "Ask the actor why",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html", "https://attack.mitre.org/techniques/T1133/"]
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
admin_ports AS (
    SELECT r.event_id, r.cidr, a.port
    FROM rules r
    CROSS JOIN (
        VALUES (22), (23), (445), (1433), (1521), (2375), (3306), (3389), (5432), (5900), (5985), (5986),
            (6379), (9200), (27017)
    ) AS a(port)
    WHERE regexp_like(r.cidr, '/[0-7]$')
        AND (
            r.protocol = '-1'
            OR (
                r.protocol IN ('tcp', '6')
                AND (
                    COALESCE(r.from_port, '-1') = '-1'
                    OR (TRY_CAST(r.from_port AS BIGINT) <= a.port AND TRY_CAST(r.to_port AS BIGINT) >= a.port)
                )
            )
        )
),
summaries AS (
    SELECT event_id, array_join(array_agg(DISTINCT cidr ORDER BY cidr), ', ') AS cidrs,
        array_join(array_agg(DISTINCT port ORDER BY port), ', ') AS admin_ports
    FROM admin_ports
    GROUP BY event_id
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id, s.cidrs,
    s.admin_ports
FROM found c
JOIN summaries s ON s.event_id = c.event_id
