-- ---
-- id = "iam.role-created"
-- title = "Roles were created"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1136.003"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} created roles in {account_id}: {resource} ({occurrences}×)"
-- description = "Leaves out roles that services make for themselves."
-- benign = ["Infrastructure is being deployed"]
-- steps = [
--     "Look for roles that no deployment explains, and for names that imitate those of services",
--     "See iam.role-trust-opened for roles that strangers may assume, and iam.admin-policy-granted for administrators",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create.html", "https://attack.mitre.org/techniques/T1136/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.roleName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname = 'CreateRole'
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND COALESCE(useridentity.sessioncontext.sessionissuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
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
