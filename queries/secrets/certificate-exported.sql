-- ---
-- id = "secrets.certificate-exported"
-- title = "Certificates were exported with their private keys, or issued by a private authority"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1552.004"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} on {resource} in {account_id} ({occurrences}×)"
-- description = "Leaves out calls that services make, such as renewals."
-- benign = ["A server outside of AWS gets its certificate"]
-- steps = [
--     "Revoke the certificate if nobody expects it: aws acm-pca revoke-certificate, or request a new one",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/acm/latest/userguide/export-private.html", "https://attack.mitre.org/techniques/T1552/004/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.certificateArn'),
            json_extract_scalar(requestparameters, '$.certificateAuthorityArn'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource IN ('acm.amazonaws.com', 'acm-pca.amazonaws.com')
        AND eventname IN ('ExportCertificate', 'IssueCertificate', 'DeleteCertificateAuthority', 'CreatePermission')
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
