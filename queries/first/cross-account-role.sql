-- ---
-- id = "first.cross-account-role"
-- title = "Another account assumed a role here for the first time"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1199"]
-- about = ["account_id", "actor"]
-- says = "{actor} assumed roles in {account_id} for the first time in 90 days: {resource} from {source_ip}"
-- description = "Whoever may assume a role from outside needs no key of yours. Accounts that `accounts` lists are the organization's own and are left out, as are partner-accounts."
-- benign = ["A new supplier or tool was connected"]
-- steps = [
--     "See who may assume the role: aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument",
--     "If nobody knows the account, take it out of the trust policy, and revoke the sessions of the role",
--     "List what the sessions did: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.sessioncontext.sessionissuer.arn = 'ROLE'\"",
--     "If it is a partner, add it to partner-accounts",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html", "https://attack.mitre.org/techniques/T1199/"]
-- needs = ["habits"]
-- ---
WITH own AS (
    SELECT account_id FROM accounts
    UNION
    SELECT value AS account_id FROM watchlist WHERE list = 'partner-accounts'
),
found AS (
    SELECT c.event_time, c.account_id, c.region, concat('account ', c.useridentity.accountid) AS actor, c.action,
        COALESCE(json_extract_scalar(c.requestparameters, '$.roleArn'), c.resource, 'unknown') AS role, c.source_ip, c.event_id
    FROM calls c
    LEFT JOIN own o ON o.account_id = c.useridentity.accountid
    LEFT JOIN habits h
        ON h.actor = concat('account ', c.useridentity.accountid)
            AND h.account_id = c.account_id
            AND h.action = c.action
            AND h.first_seen < substr(c.event_time, 1, 10)
    WHERE c.eventsource = 'sts.amazonaws.com'
        AND c.eventname = 'AssumeRole'
        AND c.useridentity.type = 'AWSAccount'
        AND c.errorcode IS NULL
        AND c.by_service IS NULL
        AND o.account_id IS NULL
        AND h.actor IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT role ORDER BY role), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids
FROM found
GROUP BY account_id, actor
