-- ---
-- id = "first.dormant-key"
-- title = "A key that rested for two months is used again"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "resource"]
-- says = "The key {resource} of {actor} in {account_id}, last used on {last_use}, is used again: {action} from {source_ip}"
-- description = "Nobody misses a forgotten key. Covers keys that made no successful call for 60 days or more; what rested for more than 90 days is reported as unknown (first.unknown-key)."
-- benign = ["A job that runs every quarter"]
-- steps = [
--     "If nobody can explain it, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "If it is needed, replace it by a role: nothing that rests for months needs a key",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- needs = ["habits"]
-- [params.idle_days]
-- type = "integer"
-- default = 60
-- about = "Days without a successful call after which a key counts as dormant, at most 90"
-- ---
WITH found AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.access_key AS resource, c.source_ip, c.event_id,
        k.last_seen AS last_use
    FROM calls c
    JOIN known_actors k ON k.actor = c.access_key
    WHERE c.useridentity.accesskeyid LIKE 'AKIA%'
        AND c.errorcode IS NULL
        AND c.by_service IS NULL
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
