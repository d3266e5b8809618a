-- ---
-- id = "messaging.mail-identity-changed"
-- title = "Sender identities of SES were added, removed or reworked"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1496.004", "TA0003:T1098"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} for {resource} in {account_id} ({occurrences}×; Regions: {region})"
-- description = "Leaves out deployments by CloudFormation. Applications that send mail do not make these calls."
-- benign = ["A team sets up mail for an application"]
-- steps = [
--     "If the address or domain is not yours, delete it: aws sesv2 delete-email-identity --email-identity IDENTITY",
--     "Look at what was sent: aws ses get-send-statistics",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/ses/latest/dg/verify-addresses-and-domains.html", "https://attack.mitre.org/techniques/T1496/004/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.emailIdentity'),
            json_extract_scalar(requestparameters, '$.identity'),
            json_extract_scalar(requestparameters, '$.emailAddress'),
            json_extract_scalar(requestparameters, '$.domain'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ses.amazonaws.com'
        AND eventname IN ('CreateEmailIdentity', 'VerifyEmailIdentity', 'VerifyEmailAddress', 'VerifyDomainIdentity',
            'VerifyDomainDkim', 'DeleteIdentity', 'DeleteEmailIdentity',
            'SetIdentityFeedbackForwardingEnabled', 'PutEmailIdentityFeedbackAttributes',
            'CreateEmailIdentityPolicy', 'PutIdentityPolicy', 'CreateSmtpCredential')
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
