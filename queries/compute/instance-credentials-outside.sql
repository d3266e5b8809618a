-- ---
-- id = "compute.instance-credentials-outside"
-- title = "Credentials of an instance were used from elsewhere"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1552.005", "TA0001:T1078.004"]
-- about = ["account_id", "actor", "day"]
-- says = "The credentials of instance session {actor} in {account_id} were used from {networks} networks ({source_ip}; agents: {agents})"
-- description = "Reports a session that calls from two or more public networks (/24), or with the agent of a personal computer or a browser. A thief that is the only one to call, with an ordinary agent, is not seen. Leaves out private addresses and calls through an endpoint."
-- benign = ["The instance got another public address, or several NAT gateways"]
-- steps = [
--     "Revoke the sessions of the role (everything that uses it must renew its credentials): aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
--     "Compare the addresses with those of the instance and its NAT gateways: aws ec2 describe-instances --instance-ids INSTANCE --query \"Reservations[].Instances[].PublicIpAddress\"",
--     "Demand tokens for its metadata: aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-tokens required",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html", "https://attack.mitre.org/techniques/T1552/005/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        eventsource AS resource, source_ip, event_id,
        CASE
            WHEN regexp_like(sourceipaddress, '^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$')
                THEN regexp_extract(sourceipaddress, '^[0-9]+[.][0-9]+[.][0-9]+')
            ELSE sourceipaddress
        END AS network,
        substr(useragent, 1, 60) AS agents,
        CASE WHEN regexp_like(lower(useragent), 'os/macos|darwin|kali|parrot|pentoo|^mozilla') THEN 1 ELSE 0 END AS odd
    FROM calls
    WHERE useridentity.type = 'AssumedRole'
        AND useridentity.arn LIKE '%/i-%' -- no case: selects events early, the pattern below is stricter
        AND vpcendpointid IS NULL
        AND regexp_like(useridentity.arn, '/i-[0-9a-f]+$')
        AND regexp_like(sourceipaddress, '^[0-9a-fA-F.:]+$')
        AND NOT regexp_like(sourceipaddress, '^(10[.]|192[.]168[.]|172[.](1[6-9]|2[0-9]|3[01])[.]|169[.]254[.]|127[.])')
        AND NOT regexp_like(lower(sourceipaddress), '^f[cd][0-9a-f:]+$')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT network) AS networks,
    array_join(slice(array_agg(DISTINCT agents ORDER BY agents), 1, 20), ', ') AS agents, day
FROM found
GROUP BY account_id, actor, day
HAVING COUNT(DISTINCT network) >= 2
    OR MAX(odd) = 1
