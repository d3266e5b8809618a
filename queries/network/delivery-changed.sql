-- ---
-- id = "network.delivery-changed"
-- title = "CloudFront distributions or functions were changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1491.002"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id} ({occurrences}×)"
-- description = "Leaves out invalidations and calls that services make."
-- benign = ["A new version of a site is being deployed"]
-- steps = [
--     "Compare origins, functions and the web ACL with the definition in code: aws cloudfront get-distribution-config --id ID",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/logging_using_cloudtrail.html", "https://attack.mitre.org/techniques/T1491/002/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.id'),
            json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.targetDistributionId'),
            json_extract_scalar(responseelements, '$.distribution.id'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'cloudfront.amazonaws.com'
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            eventname LIKE 'UpdateDistribution%'
            OR eventname LIKE 'CreateDistribution%'
            OR eventname LIKE 'DeleteDistribution%'
            OR eventname LIKE 'CreateFunction%'
            OR eventname LIKE 'UpdateFunction%'
            OR eventname LIKE 'PublishFunction%'
            OR eventname LIKE 'UpdateOriginAccessControl%'
            OR eventname LIKE 'AssociateAlias%'
        )
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
