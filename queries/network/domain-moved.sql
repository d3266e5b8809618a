-- ---
-- id = "network.domain-moved"
-- title = "Domain is being moved, unlocked or pointed elsewhere"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0042:T1584.001"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} for the domain {resource} in {account_id}"
-- benign = ["The domain moves to another account of yours, with a ticket"]
-- steps = [
--     "Stop it at once: aws route53domains cancel-domain-transfer-to-another-aws-account --domain-name DOMAIN",
--     "Lock the domain again: aws route53domains enable-domain-transfer-lock --domain-name DOMAIN",
--     "If nobody can explain it, stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
-- ]
-- references = ["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/domain-transfer.html", "https://attack.mitre.org/techniques/T1584/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.domainName'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'route53domains.amazonaws.com'
        AND eventname IN ('DisableDomainTransferLock', 'TransferDomainToAnotherAwsAccount',
            'AcceptDomainTransferFromAnotherAwsAccount', 'TransferDomain', 'UpdateDomainNameservers',
            'UpdateDomainContact', 'DeleteDomain', 'RetrieveDomainAuthCode', 'DisableDomainAutoRenew')
        AND errorcode IS NULL
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
