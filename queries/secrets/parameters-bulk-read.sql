-- ---
-- id = "secrets.parameters-bulk-read"
-- title = "Many parameters were decrypted by one principal within an hour"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1555.006"]
-- about = ["account_id", "actor", "hour"]
-- replaces = ["secrets.parameter-decrypted"]
-- align = "1h"
-- says = "{actor} asked for {names} different sets of decrypted parameters in {account_id} within an hour ({occurrences} calls)"
-- description = "Covers any principal in whole clock hours. A call for several parameters counts as one set, a path with everything below it too. Leaves out calls that services make."
-- benign = ["A deployment tool reads its settings", "A large application starts"]
-- steps = [
--     "If nobody expects it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Change the passwords and keys that the parameters hold",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-cloudtrail-logs.html", "https://attack.mitre.org/techniques/T1555/006/"]
-- [params.min_names]
-- type = "integer"
-- default = 25
-- about = "Minimum number of different names, lists or paths within an hour"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 13) AS hour, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_format(json_extract(requestparameters, '$.names')),
            json_extract_scalar(requestparameters, '$.path'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'ssm.amazonaws.com'
        AND eventname IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND json_extract_scalar(requestparameters, '$.withDecryption') = 'true'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS names, hour
FROM found
GROUP BY account_id, actor, hour
HAVING COUNT(DISTINCT resource) >= :min_names
