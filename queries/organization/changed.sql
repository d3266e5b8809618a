-- ---
-- id = "organization.changed"
-- title = "Accounts or units of the organization were added or changed"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1136.003"]
-- cis = ["4.15"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} ran {action} in the organization for {resource} ({occurrences}×)"
-- benign = ["A team receives a new account"]
-- steps = [
--     "Check that each new account is expected, belongs to the right unit and sends its logs",
--     "If an account outside was invited, ask why: aws organizations cancel-handshake takes it back",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts.html", "https://attack.mitre.org/techniques/T1136/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.target.id'),
            json_extract_scalar(requestparameters, '$.accountName'),
            json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.organizationalUnitId'),
            json_extract_scalar(requestparameters, '$.handshakeId'),
            json_extract_scalar(serviceeventdetails, '$.createAccountStatus.accountId'),
            json_extract_scalar(serviceeventdetails, '$.accountId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 'organizations.amazonaws.com'
        AND eventname IN ('CreateOrganization', 'CreateAccount', 'CreateGovCloudAccount', 'CreateAccountResult',
            'InviteAccountToOrganization', 'AcceptHandshake', 'DeclineHandshake', 'CancelHandshake',
            'AccountJoinedOrganization', 'CreateOrganizationalUnit', 'UpdateOrganizationalUnit',
            'DeleteOrganizationalUnit')
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
