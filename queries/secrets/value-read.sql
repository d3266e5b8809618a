-- ---
-- id = "secrets.value-read"
-- title = "Person read secret values"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1555.006"]
-- about = ["account_id", "actor"]
-- says = "{actor} read secret values in {account_id} ({occurrences}×, secrets: {secrets})"
-- benign = ["An operator is debugging with the application's credentials", "The actor is an application that runs as an IAM user"]
-- steps = [
--     "Ask the person why they needed the value",
--     "Rotate the secret if nobody can explain it",
--     "Move the actor to a role if it is an application",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html", "https://attack.mitre.org/techniques/T1555/006/"]
-- [params.person_roles]
-- type = "text"
-- default = "/AWSReservedSSO_"
-- about = "Regular expression for roles that people use, matched against role ARNs"
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.secretId'),
            json_format(json_extract(requestparameters, '$.secretIdList')),
            json_format(json_extract(requestparameters, '$.filters')), 'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventname IN ('GetSecretValue', 'BatchGetSecretValue')
        AND errorcode IS NULL
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND (
            useridentity.type IN ('Root', 'IAMUser', 'FederatedUser', 'IdentityCenterUser')
            OR sessioncredentialfromconsole = 'true'
            OR regexp_like(COALESCE(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn), :person_roles)
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT resource) AS secrets
FROM found
GROUP BY account_id, actor
