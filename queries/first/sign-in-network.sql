-- ---
-- id = "first.sign-in-network"
-- title = "Somebody signed in to the console from a network that they never came from"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "actor", "resource"]
-- says = "{actor} signed in to {account_id} from {resource} for the first time in 90 days ({source_ip})"
-- description = "A network is the /16 of an address, of IPv6 its /32. Covers IAM users, root and people whose sign-in names them, known for some days; leaves out trusted-cidrs."
-- benign = ["A person or user on the road, or with a new provider"]
-- steps = [
--     "Ask the person, by telephone and not by mail",
--     "If it was somebody else, end the sessions and reset the password: aws iam delete-login-profile --user-name USER",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- needs = ["habits"]
-- [params.known_days]
-- type = "integer"
-- default = 7
-- about = "For how many days the actor must be known before something counts as new"
-- ---
WITH trusted AS (
    SELECT value AS cidr FROM watchlist WHERE list = 'trusted-cidrs'
),
found AS (
    SELECT c.event_time, c.account_id, c.region, c.principal AS actor, c.action, c.network AS resource, c.source_ip, c.event_id
    FROM calls c
    JOIN known_actors k ON k.actor = c.principal
    LEFT JOIN habits h
        ON h.actor = c.principal AND h.network = c.network AND h.first_seen < substr(c.event_time, 1, 10)
    LEFT JOIN trusted t
        ON COALESCE(TRY(contains(t.cidr, TRY_CAST(c.source_ip AS IPADDRESS))), false)
    WHERE c.eventname = 'ConsoleLogin'
        AND c.outcome = 'success'
        AND h.actor IS NULL
        AND t.cidr IS NULL
        AND TRY_CAST(c.source_ip AS IPADDRESS) IS NOT NULL
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
