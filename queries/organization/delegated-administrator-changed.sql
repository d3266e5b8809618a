-- ---
-- id = "organization.delegated-administrator-changed"
-- title = "Delegated administrator of the organization was changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.003"]
-- cis = ["4.15"]
-- about = ["account_id", "action", "resource", "service"]
-- says = "{actor} ran {action} in the organization for account {resource} and service {service}"
-- benign = ["A security service is set up in its own account, as announced"]
-- steps = [
--     "Ask the owner of the organization: a delegated administrator acts in all accounts",
--     "aws organizations list-delegated-administrators --service-principal SERVICE",
--     "Take it back: aws organizations deregister-delegated-administrator --account-id ACCOUNT --service-principal SERVICE",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.accountId'), recipientaccountid, account) AS resource,
    source_ip, event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.servicePrincipal'), 'organizations.amazonaws.com') AS service
FROM calls
WHERE eventsource = 'organizations.amazonaws.com'
    AND eventname IN ('RegisterDelegatedAdministrator', 'DeregisterDelegatedAdministrator',
        'PutResourcePolicy', 'DeleteResourcePolicy')
    AND errorcode IS NULL
