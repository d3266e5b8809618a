-- ---
-- id = "logging.cloudtrail-stopped"
-- title = "CloudTrail logging was stopped or a trail was deleted, or an attempt failed"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.008"]
-- cis = ["4.5"]
-- about = ["account_id", "resource", "actor"]
-- says = "{actor} ran {action} on {resource} in {account_id}: {outcome}"
-- description = "Reports failed attempts too: members of an organization cannot stop its trail, but the attempt itself is suspicious."
-- benign = ["The organization trail is replacing this one"]
-- steps = [
--     "Start logging again",
--     "Ask the actor why; treat their credentials as stolen until they have explained it",
--     "List what the actor did before this call",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html", "https://attack.mitre.org/techniques/T1562/008/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(requestparameters, '$.name'),
        json_extract_scalar(requestparameters, '$.eventDataStore'),
        regexp_extract(errormessage, 'on resource: ([^ ]+)', 1), 'unknown') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    COALESCE(errorcode, 'Success') AS outcome
FROM events
WHERE eventsource = 'cloudtrail.amazonaws.com'
    AND eventname IN ('StopLogging', 'DeleteTrail', 'StopEventDataStoreIngestion', 'DeleteEventDataStore')
