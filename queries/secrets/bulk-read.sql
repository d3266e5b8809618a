-- ---
-- id = "secrets.bulk-read"
-- title = "Many secrets were read by one principal within an hour"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1555.006"]
-- about = ["account_id", "actor", "hour"]
-- replaces = ["secrets.value-read", "secrets.batch-read"]
-- align = "1h"
-- says = "{actor} read {secrets} different secrets in {account_id} within an hour ({occurrences} calls, Regions {region})"
-- description = "Covers any principal, also machines and roles, in whole clock hours. Leaves out calls that services make. A call for a batch counts as its filter or list."
-- benign = ["A tool copies secrets to another place, with a ticket", "A large application starts"]
-- steps = [
--     "If nobody expects it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "Rotate the secrets that are listed: aws secretsmanager rotate-secret --secret-id SECRET",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring.html", "https://attack.mitre.org/techniques/T1555/006/"]
-- [params.min_secrets]
-- type = "integer"
-- default = 20
-- about = "Minimum number of different secrets within an hour"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 13) AS hour, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.secretId'),
            json_format(json_extract(requestparameters, '$.secretIdList')),
            json_format(json_extract(requestparameters, '$.filters')),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventname IN ('GetSecretValue', 'BatchGetSecretValue')
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
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS secrets, hour
FROM found
GROUP BY account_id, actor, hour
HAVING COUNT(DISTINCT resource) >= :min_secrets
