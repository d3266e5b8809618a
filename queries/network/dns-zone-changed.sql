-- ---
-- id = "network.dns-zone-changed"
-- title = "DNS zones were created, deleted, shared or unsigned"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0042:T1584.001"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id} ({occurrences}×)"
-- description = "Single records are in network.dns-records-changed."
-- benign = ["Infrastructure is being deployed"]
-- steps = [
--     "Check that the zone is yours and that its name servers are the ones the domain uses: aws route53 get-hosted-zone --id ZONE",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-working-with.html", "https://attack.mitre.org/techniques/T1584/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.hostedZoneId'),
            json_extract_scalar(requestparameters, '$.id'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'route53.amazonaws.com'
        AND eventname IN ('CreateHostedZone', 'DeleteHostedZone', 'AssociateVPCWithHostedZone',
            'CreateVPCAssociationAuthorization', 'DisassociateVPCFromHostedZone',
            'DeactivateKeySigningKey', 'DeleteKeySigningKey', 'DisableHostedZoneDNSSEC')
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
