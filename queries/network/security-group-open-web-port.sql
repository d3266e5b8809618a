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
WITH opened AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id, cidr,
        CASE WHEN protocol = '-1' THEN 'all' ELSE from_port END AS port
    FROM opened_rules
    WHERE regexp_like(cidr, '/[0-7]$')
        AND from_port = to_port
        AND from_port IN (:web_ports)
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
    array_join(array_agg(DISTINCT cidr ORDER BY cidr), ', ') AS cidrs,
    array_join(array_agg(DISTINCT port ORDER BY port), ', ') AS ports
FROM opened
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id
