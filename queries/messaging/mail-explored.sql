-- ---
-- id = "messaging.mail-explored"
-- title = "Mail set-up was explored with a long-lived key or in several ways"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0007:T1580"]
-- about = ["account_id", "actor", "day"]
-- align = "1d"
-- says = "{actor} asked SES {action} in {account_id} ({occurrences}×; Regions: {region})"
-- description = "Any outcome. Reports the long-lived keys of users, and others from three different calls on. Leaves out the console."
-- benign = ["An application sends mail with a key and watches its quota"]
-- steps = [
--     "If the key belongs to no mail application, stop it: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/ses/latest/dg/logging-using-cloudtrail.html", "https://attack.mitre.org/techniques/T1580/"]
-- [params.min_actions]
-- type = "integer"
-- default = 3
-- about = "Minimum number of different calls by one principal on one UTC day, if it is not a long-lived key"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.identities')),
            json_extract_scalar(requestparameters, '$.emailIdentity'),
            'mail',
            'unknown') AS resource,
        source_ip, event_id, CASE WHEN useridentity.accesskeyid LIKE 'AKIA%' THEN 1 ELSE 0 END AS long_lived
    FROM calls
    WHERE eventsource = 'ses.amazonaws.com'
        AND eventname IN ('GetSendQuota', 'GetSendStatistics', 'GetAccount', 'GetAccountSendingEnabled',
            'ListIdentities', 'ListEmailIdentities', 'GetIdentityVerificationAttributes',
            'GetEmailIdentity', 'ListServiceQuotas')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND COALESCE(sessioncredentialfromconsole, 'false') <> 'true'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    MAX(long_lived) AS keys, day
FROM found
GROUP BY account_id, actor, day
HAVING MAX(long_lived) = 1
    OR COUNT(DISTINCT action) >= :min_actions
