-- ---
-- id = "network.dns-records-changed"
-- title = "DNS records were changed"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0042:T1584.001"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} changed records of {resource} in {account_id} ({occurrences}×)"
-- description = "Leaves out calls that services make."
-- benign = ["A controller keeps records up to date", "A certificate is being validated"]
-- steps = [
--     "Look for names that lead to addresses that are not yours: aws route53 list-resource-record-sets --hosted-zone-id ZONE",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/logging-using-cloudtrail.html", "https://attack.mitre.org/techniques/T1584/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.hostedZoneId'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'route53.amazonaws.com'
        AND eventname = 'ChangeResourceRecordSets'
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
