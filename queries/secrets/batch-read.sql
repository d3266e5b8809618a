-- ---
-- id = "secrets.batch-read"
-- title = "Machine or role read secrets in batches"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1555.006"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} read secrets in batches in {account_id} ({occurrences}×; Regions {region}): {resource}"
-- description = "Any principal but people, who are in secrets.value-read. A filter that excludes nothing returns every secret of the Region."
-- benign = ["An application reads its own secrets with one call"]
-- steps = [
--     "If the filter is broader than the application needs, revoke the sessions of the role",
--     "Rotate the secrets that it returned: aws secretsmanager rotate-secret --secret-id SECRET",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_batch.html", "https://attack.mitre.org/techniques/T1555/006/"]
-- [params.person_roles]
-- type = "text"
-- default = "/AWSReservedSSO_"
-- about = "Regular expression for roles that people use, matched against role ARNs"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.secretIdList')),
            json_format(json_extract(requestparameters, '$.filters')), 'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventname = 'BatchGetSecretValue'
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND NOT (
            useridentity.type IN ('Root', 'IAMUser', 'FederatedUser', 'IdentityCenterUser')
            OR COALESCE(sessioncredentialfromconsole, 'false') = 'true'
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
