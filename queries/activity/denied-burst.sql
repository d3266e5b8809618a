-- ---
-- id = "activity.denied-burst"
-- title = "One principal was denied many different calls within minutes"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0007:T1580"]
-- about = ["account_id", "actor"]
-- says = "{actor} was denied {occurrences} calls within ten minutes in {account_id} ({distinct_actions} different ones)"
-- description = "Counts in ten-minute spans that begin every five minutes, and reports the densest span of each principal. Leaves out reads by people in the console, which asks for much that they may not see."
-- benign = ["A new deployment lacks permissions", "A security scanner is running"]
-- steps = [
--     "If nobody can explain the calls, stop the principal: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role: aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
--     "List the calls that were allowed: trailbrief query --last 24h \"SELECT eventtime, eventname FROM events WHERE useridentity.arn = 'ACTOR' AND errorcode IS NULL\"",
--     "Find out who is behind the principal, and from where it calls: trailbrief query --last 24h \"SELECT DISTINCT sourceipaddress, useragent FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://attack.mitre.org/techniques/T1580/"]
-- [params.min_denied]
-- type = "integer"
-- default = 15
-- about = "Minimum number of denied calls within ten minutes"
-- [params.min_actions]
-- type = "integer"
-- default = 5
-- about = "Minimum number of different calls among them"
-- ---
WITH denied AS (
    SELECT event_time, account_id, region, principal AS actor, action, eventsource AS resource, source_ip,
        event_id, errorcode AS error_code,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.principalid) AS session,
        CAST(floor(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) / 300) AS BIGINT) AS slot
    FROM calls
    WHERE errorcode IS NOT NULL -- no case: selects events early, the outcome says the same
        AND outcome = 'denied'
        AND useridentity.type <> 'AWSService'
        AND COALESCE(useridentity.accountid, '') NOT IN ('anonymous', 'ANONYMOUS_PRINCIPAL')
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND eventname <> 'HeadBucket'
        AND NOT (readonly = 'true' AND COALESCE(sessioncredentialfromconsole, 'false') = 'true')
),
found AS (
    SELECT d.account_id, d.actor, d.slot - h.hop AS opening, d.action, COUNT(DISTINCT d.event_id) AS calls
    FROM denied d
    CROSS JOIN (VALUES (0), (1)) AS h(hop)
    GROUP BY d.account_id, d.actor, d.slot - h.hop, d.action
),
bursts AS (
    SELECT account_id, actor, opening, SUM(calls) AS calls
    FROM found
    GROUP BY account_id, actor, opening
    HAVING SUM(calls) >= :min_denied
        AND COUNT(*) >= :min_actions
),
ranked AS (
    SELECT account_id, actor, opening,
        ROW_NUMBER() OVER (PARTITION BY account_id, actor ORDER BY calls DESC, opening) AS place
    FROM bursts
)
SELECT MIN(d.event_time) AS first_seen, MAX(d.event_time) AS last_seen, d.account_id,
    array_join(slice(array_agg(DISTINCT d.region ORDER BY d.region), 1, 20), ', ') AS region, d.actor,
    array_join(slice(array_agg(DISTINCT d.action ORDER BY d.action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT d.resource ORDER BY d.resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT d.source_ip ORDER BY d.source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT d.event_id) AS occurrences,
    slice(array_agg(DISTINCT d.event_id ORDER BY d.event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT d.action) AS distinct_actions,
    array_join(slice(array_agg(DISTINCT d.error_code ORDER BY d.error_code), 1, 20), ', ') AS error_codes,
    array_join(slice(array_agg(DISTINCT d.session ORDER BY d.session), 1, 20), ', ') AS sessions
FROM denied d
INNER JOIN ranked r
    ON r.account_id = d.account_id
    AND r.actor = d.actor
WHERE r.place = 1
    AND d.slot BETWEEN r.opening AND r.opening + 1
GROUP BY d.account_id, d.actor
