-- ---
-- id = "console.cloudshell-used"
-- title = "CloudShell was used"
-- severity = "info"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0002:T1059.009", "TA0010:T1567"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} used CloudShell in {account_id} ({action}); files: {files}"
-- description = "Calls made in the shell come from addresses of AWS. Files that leave the shell are medium, files that come into it low."
-- benign = ["An administrator works in CloudShell"]
-- steps = [
--     "If files left and nobody knows why, revoke the sessions of the role: aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json (roles of Identity Center refuse it: end the user's sessions there)",
--     "List what the actor read before: trailbrief query --last 24h \"SELECT eventtime, eventsource, eventname FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "Deny cloudshell:GetFileDownloadUrls in an SCP if nobody needs it",
-- ]
-- references = ["https://docs.aws.amazon.com/cloudshell/latest/userguide/logging-and-monitoring.html", "https://attack.mitre.org/techniques/T1059/009/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.EnvironmentId'),
            json_extract_scalar(responseelements, '$.EnvironmentId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.FileDownloadPath'),
            json_extract_scalar(requestparameters, '$.FileUploadPath')) AS file,
        CASE eventname WHEN 'GetFileDownloadUrls' THEN 2 WHEN 'GetFileUploadUrls' THEN 1 ELSE 0 END AS moved
    FROM calls
    WHERE eventsource = 'cloudshell.amazonaws.com'
        AND eventname IN ('CreateEnvironment', 'CreateSession', 'GetFileDownloadUrls', 'GetFileUploadUrls')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    COALESCE(NULLIF(array_join(slice(array_agg(DISTINCT file ORDER BY file), 1, 20), ', '), ''), 'none') AS files,
    CASE MAX(moved) WHEN 2 THEN 'medium' WHEN 1 THEN 'low' END AS severity
FROM found
GROUP BY account_id, actor, day
