-- ---
-- id = "logging.config-noncompliant"
-- title = "Custom AWS Config rule found noncompliant resources"
-- severity = "medium"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0005:T1562"]
-- about = ["account_id", "region", "resource"]
-- says = "rule {resource} in {account_id}, {region} has noncompliant resources: {noncompliant}"
-- description = "Covers only rules that report through an API call. CloudTrail does not record the results of managed rules."
-- benign = ["The resources are known exceptions"]
-- steps = [
--     "Fix the resources or record the exceptions in AWS Config",
-- ]
-- references = ["https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules.html"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(additionaleventdata, '$.configRuleName'),
            json_extract_scalar(requestparameters, '$.configRuleName'), 'unknown') AS resource,
        source_ip, event_id,
        CASE
            WHEN eventname = 'PutEvaluations' THEN json_format(json_extract(requestparameters, '$.evaluations'))
            ELSE concat('[', json_format(json_extract(requestparameters, '$.externalEvaluation')), ']')
        END AS evaluations
    FROM calls
    WHERE eventsource = 'config.amazonaws.com'
        AND eventname IN ('PutEvaluations', 'PutExternalEvaluation')
        AND errorcode IS NULL
        AND COALESCE(json_extract_scalar(requestparameters, '$.testMode'), 'false') <> 'true'
),
evaluations AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id,
        concat(json_extract_scalar(e.evaluation, '$.complianceResourceType'), ' ',
            json_extract_scalar(e.evaluation, '$.complianceResourceId')) AS target
    FROM found c
    CROSS JOIN UNNEST(CAST(json_parse(c.evaluations) AS ARRAY(JSON))) AS e(evaluation)
    WHERE json_extract_scalar(e.evaluation, '$.complianceType') = 'NON_COMPLIANT'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region,
    array_join(slice(array_agg(DISTINCT actor ORDER BY actor), 1, 20), ', ') AS actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT target) AS noncompliant,
    array_join(slice(array_agg(DISTINCT target ORDER BY target), 1, 20), ', ') AS targets
FROM evaluations
GROUP BY account_id, region, resource
