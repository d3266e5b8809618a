-- ---
-- id = "first.unknown-key"
-- title = "A key of long life was used that nobody used in 90 days"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098.001", "TA0001:T1078.004"]
-- about = ["account_id", "resource"]
-- says = "The key {resource} of {actor} in {account_id} was used for the first time in 90 days: {action} from {source_ip}"
-- description = "The key is new, or it rested for more than 90 days. Both deserve a look: keys are made to stay, and forgotten ones are found by others."
-- benign = ["Somebody replaced a key, as they should"]
-- steps = [
--     "See when it was made: aws iam list-access-keys --user-name USER",
--     "See who made it: trailbrief query --last 90d \"SELECT eventtime, useridentity.arn FROM events WHERE eventname = 'CreateAccessKey'\"",
--     "If nobody can explain it, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- needs = ["habits"]
-- ---
WITH found AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.access_key AS resource, c.source_ip, c.event_id
    FROM calls c
    LEFT JOIN known_actors k ON k.actor = c.access_key AND k.first_seen < substr(c.event_time, 1, 10)
    WHERE c.useridentity.accesskeyid LIKE 'AKIA%'
        AND c.errorcode IS NULL
        AND c.by_service IS NULL
        AND k.actor IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids
FROM found
GROUP BY account_id, actor, resource
