-- ---
-- id = "logging.cloudtrail-changed"
-- title = "CloudTrail trail or event data store was created, started or changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- cis = ["4.5"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id} (bucket: {buckets}; settings that record less: {weaker})"
-- description = "Reports every change, also harmless ones. A request that turns recording down and sends nothing else is logging.cloudtrail-weakened, a stop is logging.cloudtrail-stopped."
-- benign = ["The platform team is rolling out trails"]
-- steps = [
--     "Check where the logs go: aws cloudtrail describe-trails --query \"trailList[].[Name,S3BucketName,IsMultiRegionTrail,LogFileValidationEnabled]\"",
--     "If the bucket is not yours, delete the trail or put the old bucket back: aws cloudtrail update-trail --name TRAIL --s3-bucket-name BUCKET",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trails.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.trailName'),
            json_extract_scalar(requestparameters, '$.eventDataStore'),
            json_extract_scalar(requestparameters, '$.channel'),
            json_extract_scalar(requestparameters, '$.resourceArn'),
            json_extract_scalar(requestparameters, '$.memberAccountId'),
            json_extract_scalar(requestparameters, '$.delegatedAdminAccountId'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.s3BucketName'),
            CAST(NULL AS VARCHAR)) AS buckets,
        CASE
            WHEN json_extract_scalar(requestparameters, '$.isMultiRegionTrail') = 'false' THEN 'one Region only'
            WHEN json_extract_scalar(requestparameters, '$.includeGlobalServiceEvents') = 'false'
                THEN 'no global services'
            WHEN json_extract_scalar(requestparameters, '$.enableLogFileValidation') = 'false' THEN 'no file validation'
            WHEN json_extract_scalar(requestparameters, '$.kmsKeyId') = '' THEN 'no key of its own'
            ELSE 'none'
        END AS weaker
    FROM calls
    WHERE eventsource = 'cloudtrail.amazonaws.com'
        AND eventname IN ('CreateTrail', 'UpdateTrail', 'StartLogging', 'PutEventSelectors', 'PutInsightSelectors',
            'CreateEventDataStore', 'UpdateEventDataStore', 'RestoreEventDataStore', 'DeleteChannel',
            'UpdateChannel', 'PutResourcePolicy', 'DeleteResourcePolicy',
            'RegisterOrganizationDelegatedAdmin', 'DeregisterOrganizationDelegatedAdmin')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT buckets ORDER BY buckets), 1, 20), ', ') AS buckets,
    array_join(slice(array_agg(DISTINCT weaker ORDER BY weaker), 1, 20), ', ') AS weaker, day
FROM found
GROUP BY account_id, actor, day
