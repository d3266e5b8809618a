-- ---
-- id = "account.contact-changed"
-- title = "Contact of an account was changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} changed the contacts of account {resource} ({contact_types}, {occurrences}×)"
-- benign = ["A new person takes over the account"]
-- steps = [
--     "aws account get-alternate-contact --alternate-contact-type SECURITY: AWS sends warnings of abuse there",
--     "Ask the actor why, if the contact is not yours",
-- ]
-- references = ["https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.accountId'), recipientaccountid, account) AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day,
        COALESCE(json_extract_scalar(requestparameters, '$.alternateContactType'),
            json_extract_scalar(requestparameters, '$.AlternateContactType'), 'primary') AS contact_type
    FROM calls
    WHERE eventsource = 'account.amazonaws.com'
        AND eventname IN ('PutContactInformation', 'PutAlternateContact', 'DeleteAlternateContact')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day,
    array_join(slice(array_agg(DISTINCT contact_type ORDER BY contact_type), 1, 20), ', ') AS contact_types
FROM found
GROUP BY account_id, actor, day
