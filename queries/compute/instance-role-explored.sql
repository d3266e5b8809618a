-- ---
-- id = "compute.instance-role-explored"
-- title = "Instance asked who it is and what is there"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0007:T1580", "TA0006:T1552.005"]
-- about = ["account_id", "actor", "day"]
-- align = "1d"
-- says = "Instance session {actor} in {account_id} asked {action} ({occurrences}×, from {source_ip})"
-- description = "Reports GetCallerIdentity together with at least one call of discovery on one UTC day, any outcome. Leaves out calls through an endpoint."
-- benign = ["A start script or deployment tool runs on the instance"]
-- steps = [
--     "Check that the address belongs to the instance: aws ec2 describe-instances --instance-ids INSTANCE",
--     "Revoke the sessions of the role (everything that uses it must renew its credentials): aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html", "https://attack.mitre.org/techniques/T1580/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        eventsource AS resource, source_ip, event_id,
        CASE WHEN eventname = 'GetCallerIdentity' THEN 1 ELSE 0 END AS identity
    FROM calls
    WHERE eventsource IN ('sts.amazonaws.com', 's3.amazonaws.com', 'iam.amazonaws.com', 'ec2.amazonaws.com',
            'cloudtrail.amazonaws.com', 'guardduty.amazonaws.com', 'organizations.amazonaws.com',
            'secretsmanager.amazonaws.com')
        AND eventname IN ('GetCallerIdentity', 'ListBuckets', 'GetAccountSummary', 'ListRoles', 'ListUsers',
            'ListAttachedRolePolicies', 'GetAccountAuthorizationDetails', 'SimulatePrincipalPolicy',
            'DescribeInstances', 'DescribeSnapshots', 'DescribeTrails', 'ListDetectors',
            'ListAccounts', 'DescribeOrganization', 'ListSecrets', 'DescribeRegions')
        AND useridentity.type = 'AssumedRole'
        AND useridentity.arn LIKE '%/i-%' -- no case: selects events early, the pattern below is stricter
        AND vpcendpointid IS NULL
        AND regexp_like(useridentity.arn, '/i-[0-9a-f]+$')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT action) AS distinct_actions, day
FROM found
GROUP BY account_id, actor, day
HAVING COUNT(DISTINCT action) >= 2
    AND MAX(identity) = 1
