-- ---
-- id = "activity.discovery-burst"
-- title = "A long-lived key asked many different questions to many services within an hour"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0007:T1526", "TA0007:T1580"]
-- about = ["account_id", "actor", "hour"]
-- align = "1h"
-- says = "{actor} asked {distinct_actions} different questions to {services} services in {account_id} within an hour ({occurrences} calls, Regions {region})"
-- description = "Covers keys of users, whatever the outcome, in whole clock hours. Leaves out agents of deployment tools (parameter quiet_agents) and calls that services make."
-- benign = ["A scanner of your own takes stock with a user key"]
-- steps = [
--     "If nobody expects it, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "List what it did beside reading: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR' AND readonly = 'false'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html", "https://attack.mitre.org/techniques/T1526/"]
-- [params.min_actions]
-- type = "integer"
-- default = 25
-- about = "Minimum number of different calls within an hour"
-- [params.min_services]
-- type = "integer"
-- default = 6
-- about = "Minimum number of services among them"
-- [params.quiet_agents]
-- type = "text"
-- default = "terraform|pulumi|opentofu"
-- about = "Regular expression for user agents that do not count, matched in lower case"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 13) AS hour, account_id, region, actor, action,
        eventsource AS resource, source_ip, event_id
    FROM calls
    WHERE useridentity.accesskeyid LIKE 'AKIA%'
        AND readonly = 'true'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND NOT regexp_like(lower(COALESCE(useragent, '')), :quiet_agents)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT action) AS distinct_actions, COUNT(DISTINCT resource) AS services, hour
FROM found
GROUP BY account_id, actor, hour
HAVING COUNT(DISTINCT action) >= :min_actions
    AND COUNT(DISTINCT resource) >= :min_services
