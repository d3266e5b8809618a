-- ---
-- id = "logging.cloudtrail-weakened"
-- title = "Trail was changed to record less"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- cis = ["4.5"]
-- about = ["account_id", "resource"]
-- replaces = ["logging.cloudtrail-changed"]
-- says = "{actor} changed trail {resource} in {account_id}: {weakness}"
-- description = "Reports settings of a trail only if the request names no bucket: a request with every setting may repeat what was so before and is in logging.cloudtrail-changed. Reports a change of bucket if the watchlist log-buckets is set and lacks the new one."
-- benign = ["The trail is for data events only", "KMS events are left out to save cost"]
-- steps = [
--     "Put the settings back: aws cloudtrail update-trail --name TRAIL --is-multi-region-trail --include-global-service-events --enable-log-file-validation",
--     "Compare the selectors with the trail's definition in code: aws cloudtrail get-event-selectors --trail-name TRAIL",
--     "Treat the actor as a thief until the change is explained, and list what it did while less was recorded",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.trailName'), 'unknown') AS resource,
        source_ip, event_id, requestparameters AS request
    FROM calls
    WHERE eventsource = 'cloudtrail.amazonaws.com'
        AND eventname IN ('UpdateTrail', 'PutEventSelectors')
        AND errorcode IS NULL
),
selectors AS (
    SELECT c.event_id,
        CASE
            WHEN COALESCE(json_extract_scalar(s.selector, '$.includeManagementEvents'), 'true') = 'true'
                AND COALESCE(json_extract_scalar(s.selector, '$.readWriteType'), 'All') = 'All'
                AND COALESCE(json_format(json_extract(s.selector, '$.excludeManagementEventSources')),
                    '[]') = '[]' THEN 1
            ELSE 0
        END AS complete
    FROM found c
    CROSS JOIN UNNEST(CAST(json_extract(c.request, '$.eventSelectors') AS ARRAY(JSON))) AS s(selector)
    UNION ALL
    SELECT c.event_id,
        CASE
            WHEN json_extract_scalar(s.selector, '$.fieldSelectors[0].equals[0]') = 'Management'
                AND json_extract_scalar(s.selector, '$.fieldSelectors[1].field') IS NULL THEN 1
            ELSE 0
        END AS complete
    FROM found c
    CROSS JOIN UNNEST(CAST(json_extract(c.request, '$.advancedEventSelectors') AS ARRAY(JSON))) AS s(selector)
),
verdicts AS (
    SELECT event_id, MAX(complete) AS complete
    FROM selectors
    GROUP BY event_id
),
buckets AS (
    SELECT c.event_id,
        MAX(CASE WHEN w.value = json_extract_scalar(c.request, '$.s3BucketName') THEN 1 ELSE 0 END) AS listed
    FROM found c
    CROSS JOIN watchlist w
    WHERE w.list = 'log-buckets'
        AND json_extract_scalar(c.request, '$.s3BucketName') IS NOT NULL
    GROUP BY c.event_id
),
judged AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id,
        CASE
            WHEN v.complete = 0 THEN 'not all management events'
            WHEN b.listed = 0 THEN 'a bucket that is not in log-buckets'
            WHEN json_extract_scalar(c.request, '$.s3BucketName') IS NOT NULL THEN NULL
            WHEN json_extract_scalar(c.request, '$.isMultiRegionTrail') = 'false' THEN 'one Region only'
            WHEN json_extract_scalar(c.request, '$.includeGlobalServiceEvents') = 'false' THEN 'no global services'
            WHEN json_extract_scalar(c.request, '$.enableLogFileValidation') = 'false' THEN 'no file validation'
            WHEN json_extract_scalar(c.request, '$.kmsKeyId') = '' THEN 'no key of its own'
        END AS weakness
    FROM found c
    LEFT JOIN verdicts v ON v.event_id = c.event_id
    LEFT JOIN buckets b ON b.event_id = c.event_id
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id, weakness
FROM judged
WHERE weakness IS NOT NULL
