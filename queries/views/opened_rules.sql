-- ---
-- id = "opened_rules"
-- description = """
-- Every rule by which a call let traffic into a security group: one row for each source of each rule.
-- Calls that failed are left out. Rules that name a prefix list or another group have no `cidr` and no row."""
-- [columns]
-- event_time = "when the call was made"
-- account_id = "the account of the group"
-- region = "the Region of the group"
-- actor = "who made the call"
-- action = "the call"
-- resource = "the security group"
-- source_ip = "the address that the call came from"
-- event_id = "the id of the call; it has a row for each of its rules"
-- cidr = "the network that may send traffic"
-- protocol = "the protocol: `tcp`, `6`, …; `-1` for all"
-- from_port = "the first port; NULL or `-1` for all"
-- to_port = "the last port"
-- ---
WITH opening AS (
    SELECT event_time, account_id, region, actor, action, source_ip, event_id, requestparameters AS request,
        COALESCE(json_extract_scalar(requestparameters, '$.groupId'),
            json_extract_scalar(requestparameters, '$.groupName'),
            json_extract_scalar(requestparameters, '$.ModifySecurityGroupRulesRequest.GroupId'),
            'unknown') AS resource,
        json_format(json_extract(requestparameters,
            '$.ModifySecurityGroupRulesRequest.SecurityGroupRule')) AS modified
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
        AND errorcode IS NULL
),
permissions AS (
    SELECT o.event_id, p.permission
    FROM opening o
    CROSS JOIN UNNEST(CAST(json_extract(o.request, '$.ipPermissions.items') AS ARRAY(JSON))) AS p(permission)
),
ranges AS (
    SELECT p.event_id, p.permission, json_extract_scalar(r.item, '$.cidrIp') AS cidr
    FROM permissions p
    CROSS JOIN UNNEST(CAST(json_extract(p.permission, '$.ipRanges.items') AS ARRAY(JSON))) AS r(item)
    UNION ALL
    SELECT p.event_id, p.permission, json_extract_scalar(r.item, '$.cidrIpv6')
    FROM permissions p
    CROSS JOIN UNNEST(CAST(json_extract(p.permission, '$.ipv6Ranges.items') AS ARRAY(JSON))) AS r(item)
),
rules AS (
    SELECT event_id, cidr, json_extract_scalar(permission, '$.ipProtocol') AS protocol,
        json_extract_scalar(permission, '$.fromPort') AS from_port,
        json_extract_scalar(permission, '$.toPort') AS to_port
    FROM ranges
    UNION ALL
    SELECT event_id, json_extract_scalar(request, '$.cidrIp'), json_extract_scalar(request, '$.ipProtocol'),
        json_extract_scalar(request, '$.fromPort'), json_extract_scalar(request, '$.toPort')
    FROM opening
    UNION ALL
    SELECT o.event_id,
        COALESCE(json_extract_scalar(m.item, '$.SecurityGroupRule.CidrIpv4'),
            json_extract_scalar(m.item, '$.SecurityGroupRule.CidrIpv6')),
        json_extract_scalar(m.item, '$.SecurityGroupRule.IpProtocol'),
        json_extract_scalar(m.item, '$.SecurityGroupRule.FromPort'),
        json_extract_scalar(m.item, '$.SecurityGroupRule.ToPort')
    FROM opening o
    CROSS JOIN UNNEST(CAST(json_parse(
        CASE WHEN o.modified LIKE '[%' THEN o.modified ELSE concat('[', o.modified, ']') END
    ) AS ARRAY(JSON))) AS m(item)
)
SELECT o.event_time, o.account_id, o.region, o.actor, o.action, o.resource, o.source_ip, o.event_id,
    r.cidr, r.protocol, r.from_port, r.to_port
FROM opening o
JOIN rules r ON r.event_id = o.event_id
WHERE r.cidr IS NOT NULL
