-- ---
-- id = "network.security-group-open-admin-port"
-- title = "Administration or database port was opened to the internet"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.007", "TA0001:T1133"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["network.security-group-open-world"]
-- says = "{actor} opened {resource} in {account_id}, {region} to {cidrs} (ports: {admin_ports})"
-- description = "Networks from /0 to /7 count as the internet. Prefix lists are not resolved: the record does not contain their entries."
-- benign = ["A bastion host needs it and has an exception on record"]
-- steps = [
--     "Revoke the rule: aws ec2 revoke-security-group-ingress --group-id GROUP --security-group-rule-ids RULE",
--     "Find what uses the group: aws ec2 describe-network-interfaces --filters Name=group-id,Values=GROUP",
--     "Read the sign-ins of these machines from the time of the change onwards; isolate one that was entered: aws ec2 modify-instance-attribute --instance-id INSTANCE --groups ISOLATED",
--     "Ask the actor why. If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html", "https://attack.mitre.org/techniques/T1133/"]
-- ---
WITH opened AS (
    SELECT r.event_time, r.account_id, r.region, r.actor, r.action, r.resource, r.source_ip, r.event_id, r.cidr, a.port
    FROM opened_rules r
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
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
    array_join(array_agg(DISTINCT cidr ORDER BY cidr), ', ') AS cidrs,
    array_join(array_agg(DISTINCT port ORDER BY port), ', ') AS admin_ports
FROM opened
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id
