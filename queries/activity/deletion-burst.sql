-- ---
-- id = "activity.deletion-burst"
-- title = "One principal deleted in several services within minutes"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor"]
-- says = "{actor} deleted or terminated {occurrences} resources of {services} services within ten minutes in {account_id}: {action}"
-- description = "Counts in ten-minute spans that begin every five minutes, and reports the densest span of each principal. Leaves out stacks, services, and deployment tools by their user agent (deployment_tools); a thief could pretend to be one. Deleted objects are in s3.mass-delete."
-- benign = ["A person or script tears down a test environment"]
-- steps = [
--     "Stop the actor before asking: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER (for a role: attach a Deny for sessions older than now, IAM console, Revoke sessions)",
--     "List what is gone: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE readonly = 'false' AND useridentity.arn = 'ACTOR'\"",
--     "Check backups first: backup.copies-deleted, data.backup-copy-deleted",
-- ]
-- references = ["https://attack.mitre.org/techniques/T1485/"]
-- params.min_deleted = { type = "integer", default = 20, about = "Minimum number of deletions within ten minutes" }
-- params.min_services = { type = "integer", default = 3, about = "Minimum number of services among them" }
-- params.deployment_tools = { type = "text", default = "(?i)terraform|opentofu|pulumi|cloudformation|aws-cdk", about = "Regular expression for user agents" }
-- ---
WITH deletions AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(element_at(resources, 1).arn, eventsource) AS resource, source_ip, event_id,
        eventsource AS service,
        CAST(floor(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) / 300) AS BIGINT) AS slot
    FROM calls
    WHERE readonly = 'false'
        AND errorcode IS NULL
        AND COALESCE(managementevent, 'true') = 'true'
        AND (eventname LIKE 'Delete%' OR eventname LIKE 'Terminate%' OR eventname LIKE 'Deregister%'
            OR eventname LIKE 'Purge%' OR eventname LIKE 'Schedule%Deletion')
        AND eventname NOT LIKE '%Tags%'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND NOT regexp_like(COALESCE(useragent, ''), :deployment_tools)
),
spans AS (
    SELECT d.account_id, d.actor, d.slot - h.hop AS opening,
        ROW_NUMBER() OVER (PARTITION BY d.account_id, d.actor
            ORDER BY COUNT(DISTINCT d.event_id) DESC, d.slot - h.hop) AS place
    FROM deletions d
    CROSS JOIN (VALUES (0), (1)) AS h(hop)
    GROUP BY d.account_id, d.actor, d.slot - h.hop
    HAVING COUNT(DISTINCT d.event_id) >= :min_deleted
        AND COUNT(DISTINCT d.service) >= :min_services
)
SELECT MIN(d.event_time) AS first_seen, MAX(d.event_time) AS last_seen, d.account_id,
    array_join(slice(array_agg(DISTINCT d.region ORDER BY d.region), 1, 20), ', ') AS region, d.actor,
    array_join(slice(array_agg(DISTINCT d.action ORDER BY d.action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT d.resource ORDER BY d.resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT d.source_ip ORDER BY d.source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT d.event_id) AS occurrences,
    slice(array_agg(DISTINCT d.event_id ORDER BY d.event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT d.service) AS services
FROM deletions d
INNER JOIN spans s
    ON s.account_id = d.account_id
    AND s.actor = d.actor
WHERE s.place = 1
    AND d.slot BETWEEN s.opening AND s.opening + 1
GROUP BY d.account_id, d.actor
