-- ---
-- id = "first.service"
-- title = "Somebody changed something in a service that they never used before"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0002:T1651"]
-- about = ["account_id", "actor", "resource"]
-- says = "{actor} used {resource} in {account_id} for the first time in 90 days: {action} ({occurrences} calls)"
-- description = "Covers writing calls to services that attackers turn to: mail, models, machines of other kinds, identities, the organization. Reading calls count as use, so whoever looked at a service before is not reported."
-- benign = ["A team begins to use a service"]
-- steps = [
--     "Look at what was made there, and what it costs",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "See what is usual for it: trailbrief query --logs LOGS \"SELECT * FROM habits WHERE actor = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"]
-- needs = ["habits"]
-- [params.known_days]
-- type = "integer"
-- default = 7
-- about = "For how many days the actor must be known before something counts as new"
-- ---
WITH found AS (
    SELECT c.event_time, c.account_id, c.region, c.principal AS actor, c.action, c.service AS resource, c.source_ip, c.event_id
    FROM calls c
    JOIN known_actors k ON k.actor = c.principal
    LEFT JOIN habits h
        ON h.actor = c.principal AND h.service = c.service AND h.first_seen < substr(c.event_time, 1, 10)
    WHERE c.readonly = 'false'
        AND c.eventsource IN (
            'bedrock.amazonaws.com', 'sagemaker.amazonaws.com', 'ses.amazonaws.com', 'email.amazonaws.com',
            'lightsail.amazonaws.com', 'organizations.amazonaws.com', 'sso.amazonaws.com',
            'identitystore.amazonaws.com', 'iam.amazonaws.com', 'ecs.amazonaws.com', 'batch.amazonaws.com',
            'codebuild.amazonaws.com', 'glue.amazonaws.com', 'amplify.amazonaws.com', 'apprunner.amazonaws.com',
            'gamelift.amazonaws.com', 'rolesanywhere.amazonaws.com', 'ram.amazonaws.com',
            'servicequotas.amazonaws.com', 'sns.amazonaws.com', 'transfer.amazonaws.com', 'datasync.amazonaws.com')
        AND c.errorcode IS NULL
        AND c.by_service IS NULL
        AND h.actor IS NULL
        AND date_diff('day', from_iso8601_timestamp(concat(k.first_seen, 'T00:00:00Z')), from_iso8601_timestamp(c.event_time)) >= :known_days
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids
FROM found
GROUP BY account_id, actor, resource
