-- ---
-- id = "secrets.policy-changed"
-- title = "Resource policy of a secret was changed, or the secret was replicated"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} ran {action} on secret {resource} in {account_id} {region}"
-- benign = ["A secret is shared with another account of the organization, announced in advance"]
-- steps = [
--     "Read the policy: whom does it let in",
--     "Remove the policy and rotate the secret if nobody can explain it",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(responseelements, '$.arn'), json_extract_scalar(responseelements, '$.ARN'),
        json_extract_scalar(requestparameters, '$.secretId'), json_extract_scalar(requestparameters, '$.name'),
        'unknown') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(requestparameters, '$.resourcePolicy') AS resource_policy,
    CASE WHEN json_extract_scalar(requestparameters, '$.resourcePolicy') IS NULL THEN 'no'
        WHEN json_format(json_extract(json_extract_scalar(requestparameters, '$.resourcePolicy'), '$.Statement'))
            LIKE '%"*"%' THEN 'maybe' ELSE 'no' END AS to_everybody
FROM events
WHERE eventsource = 'secretsmanager.amazonaws.com'
    AND eventname IN ('PutResourcePolicy', 'DeleteResourcePolicy', 'ReplicateSecretToRegions')
    AND errorcode IS NULL
