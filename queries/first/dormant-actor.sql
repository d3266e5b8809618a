-- ---
-- id = "first.dormant-actor"
-- title = "A user or person who did nothing for two months is back"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "actor"]
-- says = "{actor} in {account_id}, last seen on {last_use}, is back: {action} from {source_ip}"
-- description = "Accounts of people who left are found by others. Covers users, root and people of Identity Center who made no successful call for 60 days or more, and now sign in or begin as attackers do."
-- benign = ["Somebody was on leave"]
-- steps = [
--     "Ask the person, or who they worked for",
--     "If they left, take the access away: aws iam delete-login-profile --user-name USER",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- needs = ["habits"]
-- [params.idle_days]
-- type = "integer"
-- default = 60
-- about = "Days without a successful call after which an actor counts as dormant, at most 90"
-- ---
WITH found AS (
    SELECT c.event_time, c.account_id, c.region, c.principal AS actor, c.action, c.actor_kind AS resource, c.source_ip, c.event_id,
        k.last_seen AS last_use
    FROM calls c
    JOIN known_actors k ON k.actor = c.principal
    WHERE c.eventname IN (
            'ConsoleLogin', 'GetCallerIdentity', 'GetSessionToken', 'AssumeRole', 'CreateAccessKey', 'ListBuckets',
            'ListUsers', 'DescribeInstances', 'CreateUser', 'RunInstances', 'GetSecretValue', 'PutUserPolicy',
            'AttachUserPolicy')
        AND c.outcome = 'success'
        AND c.by_service IS NULL
        AND c.actor_kind IN ('root', 'user', 'person')
        AND date_diff('day', from_iso8601_timestamp(concat(k.last_seen, 'T00:00:00Z')), from_iso8601_timestamp(c.event_time)) >= :idle_days
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, last_use
FROM found
GROUP BY account_id, actor, resource, last_use
