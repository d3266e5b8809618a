-- ---
-- id = "organization.leave-attempted"
-- title = "Attempts to take an account out of the organization failed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1666"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} tried {action} for account {resource} and failed ({error_codes}, {occurrences}×)"
-- description = "Denied attempts are reported by attempts.identity-providers."
-- benign = ["An administrator prepares the closing of an account"]
-- steps = [
--     "The actor was allowed to do it, and only a precondition stopped it: deactivate the key or revoke the sessions unless it explains itself at once",
--     "List what the actor did before and after",
--     "Deny organizations:LeaveOrganization in all accounts by an SCP",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html", "https://attack.mitre.org/techniques/T1666/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.accountId'), recipientaccountid, account) AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour, errorcode AS error_code
    FROM calls
    WHERE eventsource IN ('organizations.amazonaws.com', 'account.amazonaws.com')
        AND eventname IN ('LeaveOrganization', 'RemoveAccountFromOrganization', 'CloseAccount', 'DeleteOrganization')
        AND errorcode NOT LIKE '%AccessDenied%'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT error_code ORDER BY error_code), 1, 20), ', ') AS error_codes
FROM found
GROUP BY account_id, actor, hour
