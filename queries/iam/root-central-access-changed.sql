-- ---
-- id = "iam.root-central-access-changed"
-- title = "Central root access of the organization was switched on or off"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1548.005"]
-- about = ["account_id", "resource"]
-- says = "{actor} ran {action} for organization {resource} from {account_id}"
-- benign = ["The organization adopts central root access, as announced"]
-- steps = [
--     "Ask the actor for the change ticket",
--     "If nobody planned it: aws iam disable-organizations-root-sessions",
--     "Look for root sessions since then (iam.root-assumed)",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html", "https://attack.mitre.org/techniques/T1548/005/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(responseelements, '$.organizationId'), recipientaccountid, account) AS resource,
    source_ip, event_id
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('EnableOrganizationsRootSessions', 'DisableOrganizationsRootSessions',
        'EnableOrganizationsRootCredentialsManagement', 'DisableOrganizationsRootCredentialsManagement')
    AND errorcode IS NULL
