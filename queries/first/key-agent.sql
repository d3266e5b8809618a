-- ---
-- id = "first.key-agent"
-- title = "A key of long life was used by a tool that it never worked with"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0001:T1078.004"]
-- about = ["actor", "resource"]
-- says = "The key {access_key} of {actor} in {account_id} was used by {resource} for the first time in 90 days ({action}, from {source_ip})"
-- description = "A key belongs to one program as a rule; whoever finds it tries it with a tool of their own. The tool is the first word of the user agent, without its version. Covers keys that are known for some days and work with few tools (parameter most_tools)."
-- benign = ["The program got another library", "Its owner tries something by hand"]
-- steps = [
--     "If nobody can explain it, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "See what the key was used with before: trailbrief query --logs LOGS \"SELECT agent, network, last_seen FROM habits WHERE actor = 'KEY'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- needs = ["habits"]
-- [params.known_days]
-- type = "integer"
-- default = 7
-- about = "For how many days the key must be known before something counts as new"
-- [params.most_tools]
-- type = "integer"
-- default = 3
-- about = "A key that was used with more tools than this is not reported"
-- ---
WITH tools AS (
    SELECT actor, COUNT(DISTINCT agent) AS tools
    FROM habits
    GROUP BY actor
),
found AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.agent AS resource, c.source_ip, c.event_id, c.access_key
    FROM calls c
    JOIN known_actors k ON k.actor = c.access_key
    JOIN tools t ON t.actor = c.access_key
    LEFT JOIN habits h
        ON h.actor = c.access_key AND h.agent = c.agent AND h.first_seen < substr(c.event_time, 1, 10)
    WHERE c.useridentity.accesskeyid LIKE 'AKIA%'
        AND c.errorcode IS NULL
        AND c.by_service IS NULL
        AND c.agent IS NOT NULL
        AND h.actor IS NULL
        AND t.tools <= :most_tools
        AND date_diff('day', from_iso8601_timestamp(concat(k.first_seen, 'T00:00:00Z')), from_iso8601_timestamp(c.event_time)) >= :known_days
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, access_key
FROM found
GROUP BY account_id, actor, resource, access_key
