-- ---
-- id = "organization.account-left"
-- title = "Account left the organization, was removed from it or was closed"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1666"]
-- cis = ["4.15"]
-- about = ["account_id", "resource", "action"]
-- replaces = ["organization.changed", "organization.account-moved", "attempts.identity-providers"]
-- attempts = "lower"
-- says = "{actor} ran {action} for account {resource} ({outcome})"
-- description = "An account that is closed is high: it can be opened again. An attempt that was denied or failed is one severity lower."
-- benign = ["An account is being given up, as announced"]
-- steps = [
--     "See whether the account is still there: aws organizations list-accounts --query \"Accounts[?Id=='ACCOUNT']\"",
--     "If it left, sign in by its root or a role that you hold, stop the actor's keys and sessions, and invite it again: aws organizations invite-account-to-organization --target Id=ACCOUNT,Type=ACCOUNT",
--     "Ask the owner of the organization: outside of it no SCP, organization trail or central GuardDuty watches the account",
--     "A closed account can be opened again for 90 days through AWS Support",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html", "https://attack.mitre.org/techniques/T1666/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.accountId'), recipientaccountid, account) AS resource,
    source_ip, event_id, outcome, CASE WHEN eventname = 'CloseAccount' THEN 'high' END AS severity
FROM calls
WHERE eventsource IN ('organizations.amazonaws.com', 'account.amazonaws.com')
    AND eventname IN ('LeaveOrganization', 'RemoveAccountFromOrganization', 'CloseAccount', 'DeleteOrganization')
    AND useridentity.type <> 'AWSService'
