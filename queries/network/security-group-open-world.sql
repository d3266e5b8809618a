-- ---
-- id = "network.security-group-open-world"
-- title = "Security group was opened to the internet"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.007"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["network.security-group-open-web-port"]
-- says = "{actor} opened {resource} in {account_id}, {region} to {cidrs}, ports {ports}"
-- description = "Leaves out web ports (network.security-group-open-web-port) and administration ports (network.security-group-open-admin-port). Networks from /0 to /7 count as the internet. Prefix lists are not resolved: the record does not contain their entries."
-- benign = ["The group belongs to a public load balancer or web server"]
-- steps = [
--     "Revoke the rule if nobody needs it: aws ec2 revoke-security-group-ingress --group-id GROUP --security-group-rule-ids RULE",
--     "Find what uses the group: aws ec2 describe-network-interfaces --filters Name=group-id,Values=GROUP",
--     "Read the logs of what was reachable, from the time of the change onwards",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html", "https://attack.mitre.org/techniques/T1562/007/"]
-- [params.web_ports]
-- type = "text-list"
-- default = ["80", "443"]
-- about = "Ports that web servers and load balancers open to everybody"
-- ---
WITH judged AS (
    SELECT r.event_time, r.account_id, r.region, r.actor, r.action, r.resource, r.source_ip, r.event_id, r.cidr,
        r.protocol, r.from_port, r.to_port,
        MAX(CASE
            WHEN r.protocol = '-1'
            OR (
                r.protocol IN ('tcp', '6')
                AND (
                    COALESCE(r.from_port, '-1') = '-1'
                    OR (TRY_CAST(r.from_port AS BIGINT) <= a.port AND TRY_CAST(r.to_port AS BIGINT) >= a.port)
                )
            ) THEN 1
            ELSE 0
        END) AS admin
    FROM opened_rules r
    CROSS JOIN (
        VALUES (22), (23), (445), (1433), (1521), (2375), (3306), (3389), (5432), (5900), (5985), (5986),
            (6379), (9200), (27017)
    ) AS a(port)
    WHERE regexp_like(r.cidr, '/[0-7]$')
    GROUP BY r.event_time, r.account_id, r.region, r.actor, r.action, r.resource, r.source_ip, r.event_id, r.cidr,
        r.protocol, r.from_port, r.to_port
),
opened AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id, cidr,
        CASE
            WHEN protocol = '-1' OR from_port IS NULL OR from_port = '-1' THEN 'all'
            WHEN from_port = to_port THEN from_port
            ELSE concat(from_port, '-', to_port)
        END AS ports
    FROM judged
    WHERE admin = 0
        AND NOT (COALESCE(from_port, '-1') = COALESCE(to_port, '-1') AND COALESCE(from_port, '-1') IN (:web_ports))
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
    array_join(array_agg(DISTINCT cidr ORDER BY cidr), ', ') AS cidrs,
    array_join(array_agg(DISTINCT ports ORDER BY ports), ', ') AS ports
FROM opened
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id
