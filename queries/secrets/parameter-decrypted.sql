-- ---
-- id = "secrets.parameter-decrypted"
-- title = "Person or user key decrypted parameters"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0006:T1555.006"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} decrypted parameters in {account_id} ({occurrences}×): {resource}"
-- description = "Reports IAM users, root, people through Identity Center (parameter person_roles) and the console. Roles of applications are in secrets.parameters-bulk-read only."
-- benign = ["An operator looks up a setting", "An application runs as an IAM user"]
-- steps = [
--     "Change the value if nobody can explain the read",
--     "Move the actor to a role if it is an application",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-cloudtrail-logs.html", "https://attack.mitre.org/techniques/T1555/006/"]
-- [params.person_roles]
-- type = "text"
-- default = "/AWSReservedSSO_"
-- about = "Regular expression for roles that people use, matched against role ARNs"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
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
        AND (
            useridentity.type IN ('Root', 'IAMUser', 'FederatedUser', 'IdentityCenterUser')
            OR sessioncredentialfromconsole = 'true'
            OR regexp_like(COALESCE(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn, ''), :person_roles)
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
