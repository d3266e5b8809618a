-- ---
-- id = "messaging.mail-sending-enabled"
-- title = "Sending of mail was enabled or production access was asked for"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496.004"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} in {account_id} ({regions} Regions: {region})"
-- description = "The same request in several Regions is typical of thieves who want to send spam."
-- benign = ["A team sets up mail for an application"]
-- steps = [
--     "If nobody expects it, pause sending: aws sesv2 put-account-sending-attributes --no-sending-enabled",
--     "Stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Write to AWS Support that the request is not yours",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html", "https://attack.mitre.org/techniques/T1496/004/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.configurationSetName'),
            'the account',
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ses.amazonaws.com'
        AND eventname IN ('PutAccountDetails', 'UpdateAccountSendingEnabled', 'PutAccountSendingAttributes',
            'PutAccountDedicatedIpWarmupAttributes', 'UpdateConfigurationSetSendingEnabled')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND COALESCE(json_extract_scalar(requestparameters, '$.enabled'),
            json_extract_scalar(requestparameters, '$.sendingEnabled'), 'true') = 'true'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT region) AS regions, day
FROM found
GROUP BY account_id, actor, day
