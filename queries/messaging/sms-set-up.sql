-- ---
-- id = "messaging.sms-set-up"
-- title = "Text messages were set up or explored"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496.003"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} in {account_id} ({occurrences}×; Regions: {region})"
-- description = "Changes of the account, and questions about its limits by long-lived keys. Leaves out the console for questions."
-- benign = ["A team sends text messages to its customers"]
-- steps = [
--     "Lower the limit again: aws sns set-sms-attributes --attributes MonthlySpendLimit=1",
--     "Stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/sns/latest/dg/sms_preferences.html", "https://attack.mitre.org/techniques/T1496/003/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.phoneNumber'),
            'the account',
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'sns.amazonaws.com'
        AND eventname IN ('SetSMSAttributes', 'CreateSMSSandboxPhoneNumber', 'VerifySMSSandboxPhoneNumber',
            'GetSMSAttributes', 'GetSMSSandboxAccountStatus', 'ListOriginationNumbers',
            'ListSMSSandboxPhoneNumbers')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND (
            eventname NOT IN ('GetSMSAttributes', 'GetSMSSandboxAccountStatus', 'ListOriginationNumbers',
                'ListSMSSandboxPhoneNumbers')
            OR useridentity.accesskeyid LIKE 'AKIA%'
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
