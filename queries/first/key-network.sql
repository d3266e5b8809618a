-- ---
-- id = "first.key-network"
-- title = "A key of long life was used from a network that it never came from"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["actor", "resource"]
-- says = "The key {access_key} of {actor} in {account_id} was used from {resource} for the first time in 90 days ({source_ip}: {action})"
-- description = "A stolen key comes from elsewhere. A network is the /16 of an address, of IPv6 its /32. Covers keys that are known for some days and come from few networks (parameter most_networks)."
-- benign = ["A person or user on the road, or with a new provider", "A program moved to another host"]
-- steps = [
--     "If nobody can explain it, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "See where the key came from before: trailbrief query --logs LOGS \"SELECT network, agent, last_seen FROM habits WHERE actor = 'KEY'\"",
--     "If it is yours, add the network to trusted-cidrs",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- needs = ["habits"]
-- [params.known_days]
-- type = "integer"
-- default = 7
-- about = "For how many days the key must be known before something counts as new"
-- [params.most_networks]
-- type = "integer"
-- default = 5
-- about = "A key that came from more networks than this is at home nowhere, and is not reported"
-- ---
WITH places AS (
    SELECT actor, COUNT(DISTINCT network) AS networks
    FROM habits
    GROUP BY actor
),
trusted AS (
    SELECT value AS cidr FROM watchlist WHERE list = 'trusted-cidrs'
),
found AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.network AS resource, c.source_ip, c.event_id, c.access_key
    FROM calls c
    JOIN known_actors k ON k.actor = c.access_key
    JOIN places p ON p.actor = c.access_key
    LEFT JOIN habits h
        ON h.actor = c.access_key AND h.network = c.network AND h.first_seen < substr(c.event_time, 1, 10)
    LEFT JOIN trusted t
        ON COALESCE(TRY(contains(t.cidr, TRY_CAST(c.source_ip AS IPADDRESS))), false)
    WHERE c.useridentity.accesskeyid LIKE 'AKIA%'
        AND c.errorcode IS NULL
        AND c.by_service IS NULL
        AND h.actor IS NULL
        AND t.cidr IS NULL
        AND TRY_CAST(c.source_ip AS IPADDRESS) IS NOT NULL
        AND p.networks <= :most_networks
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
