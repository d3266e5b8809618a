-- ---
-- id = "first.region"
-- title = "Somebody started machines or services in a Region that they never used before"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1535"]
-- about = ["account_id", "actor", "resource"]
-- says = "{actor} used the Region {resource} in {account_id} for the first time in 90 days: {action} ({occurrences} calls)"
-- description = "Whoever steals a key often works where nobody looks. Covers calls that create machines, functions, databases and buckets, by an actor known for some days."
-- benign = ["A team moves to another Region, or tries one out"]
-- steps = [
--     "Look at what runs there: aws resourcegroupstaggingapi get-resources --region REGION",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "See what is usual for it: trailbrief query --logs LOGS \"SELECT * FROM habits WHERE actor = 'ACTOR'\"",
--     "If nobody uses the Region, deny it in a service control policy (aws:RequestedRegion)",
-- ]
-- references = ["https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html", "https://attack.mitre.org/techniques/T1535/"]
-- needs = ["habits"]
-- [params.known_days]
-- type = "integer"
-- default = 7
-- about = "For how many days the actor must be known before something counts as new"
-- ---
WITH found AS (
    SELECT c.event_time, c.account_id, c.region, c.principal AS actor, c.action, c.region AS resource, c.source_ip, c.event_id
    FROM calls c
    JOIN known_actors k ON k.actor = c.principal
    LEFT JOIN habits h
        ON h.actor = c.principal AND h.region = c.region AND h.first_seen < substr(c.event_time, 1, 10)
    WHERE c.eventname IN (
            'RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet', 'CreateLaunchTemplate',
            'CreateKeyPair', 'ImportKeyPair', 'CreateSecurityGroup', 'CreateFunction20150331', 'CreateStack',
            'CreateCluster', 'RunTask', 'CreateService', 'CreateDBInstance', 'CreateDBCluster',
            'CreateNotebookInstance', 'CreateTrainingJob', 'CreateProject', 'StartBuild', 'SubmitJob',
            'CreateInstances', 'CreateBucket', 'ImportImage', 'CopyImage', 'CopySnapshot')
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
