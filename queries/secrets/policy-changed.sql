-- ---
-- id = "secrets.policy-changed"
-- title = "Resource policy of a secret was changed, or the secret was replicated"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} ran {action} on secret {resource} in {account_id}, {region} (open to everybody: {to_everybody})"
-- description = "A record of every change. to_everybody depends on the principals of the Allow statements and on whether their conditions can keep anybody out; unknown means that the policy could not be read. Access for everybody is reported at once by sharing.resource-public, for another account by sharing.resource-shared-outside."
-- benign = ["The secret is being shared within the organization, as announced in advance"]
-- steps = [
--     "Check who has access under the new policy",
--     "Remove the policy and rotate the secret if nobody can explain it",
-- ]
-- references = ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH opened AS (
    SELECT DISTINCT event_id
    FROM policy_grants
    WHERE eventsource = 'secretsmanager.amazonaws.com' -- no case: selects events early, the query below has it, too
        AND effect = 'Allow'
        AND principal_kind = 'everybody'
        AND restricted = 'no'
)
SELECT c.event_time, c.account_id, c.region, c.actor, c.action,
    COALESCE(json_extract_scalar(c.responseelements, '$.arn'), json_extract_scalar(c.responseelements, '$.ARN'),
        json_extract_scalar(c.requestparameters, '$.secretId'), json_extract_scalar(c.requestparameters, '$.name'),
        'unknown') AS resource,
    c.source_ip, c.event_id, json_extract_scalar(c.requestparameters, '$.resourcePolicy') AS resource_policy,
    CASE
        WHEN o.event_id IS NOT NULL THEN 'yes'
        WHEN json_extract(json_extract_scalar(c.requestparameters, '$.resourcePolicy'), '$.Statement') IS NULL
            AND json_extract_scalar(c.requestparameters, '$.resourcePolicy') IS NOT NULL THEN 'unknown'
        ELSE 'no'
    END AS to_everybody
FROM calls c
LEFT JOIN opened o ON o.event_id = c.event_id
WHERE c.eventsource = 'secretsmanager.amazonaws.com'
    AND c.eventname IN ('PutResourcePolicy', 'DeleteResourcePolicy', 'ReplicateSecretToRegions')
    AND c.errorcode IS NULL
