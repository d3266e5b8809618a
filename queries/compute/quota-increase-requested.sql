-- ---
-- id = "compute.quota-increase-requested"
-- title = "A higher quota was asked for"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} asked for {wanted} of {resource} ({services}) in {account_id}, Regions {region}"
-- description = "Covers services that thieves exhaust: instances, containers, mail, text messages and models (parameter services)."
-- benign = ["A team needs more capacity"]
-- steps = [
--     "Ask who needs it; close the case if nobody does: aws service-quotas list-requested-service-quota-change-history --service-code SERVICE",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html", "https://attack.mitre.org/techniques/T1496/"]
-- [params.services]
-- type = "text-list"
-- default = ["ec2", "fargate", "ecs", "lambda", "ses", "sns", "sms-voice", "bedrock", "sagemaker", "autoscaling"]
-- about = "Services whose quotas are reported"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.requestedQuota.quotaName'),
            json_extract_scalar(requestparameters, '$.quotaCode'),
            'unknown') AS resource,
        source_ip, event_id, json_extract_scalar(requestparameters, '$.desiredValue') AS wanted,
        json_extract_scalar(requestparameters, '$.serviceCode') AS services
    FROM calls
    WHERE eventsource = 'servicequotas.amazonaws.com'
        AND eventname IN ('RequestServiceQuotaIncrease', 'PutServiceQuotaIncreaseRequestIntoTemplate')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND json_extract_scalar(requestparameters, '$.serviceCode') IN (:services)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT wanted ORDER BY wanted), 1, 20), ', ') AS wanted,
    array_join(slice(array_agg(DISTINCT services ORDER BY services), 1, 20), ', ') AS services, day
FROM found
GROUP BY account_id, actor, day
