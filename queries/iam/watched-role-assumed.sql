-- ---
-- id = "iam.watched-role-assumed"
-- title = "Break-glass or administrator role was assumed"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1078.004"]
-- about = ["account_id", "resource", "actor"]
-- attempts = "lower"
-- says = "{actor} assumed {resource} from {source_ip} by {action} ({outcome})"
-- description = "Covers SwitchRole in the console as well as AssumeRole calls to the same roles. A name in the watchlist may hold *, for roles of Identity Center such as AWSReservedSSO_Admin_*. Leaves out services that assume the roles, such as Control Tower. A denied attempt is one severity lower; of retries with the same error message the first is reported."
-- benign = ["There is an emergency or a task with a ticket"]
-- steps = [
--     "Ask the person, over another channel, for the ticket",
--     "If there is none, revoke the sessions of the role: aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
--     "List every call of the session: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn LIKE '%:assumed-role/ROLE/%'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- [params.roles]
-- type = "text-list"
-- default = ["OrganizationAccountAccessRole", "AWSControlTowerExecution"]
-- about = "Role names that are watched in addition to the watchlist break-glass-roles"
-- ---
WITH found AS (
    SELECT event_time, account_id, region,
        COALESCE(json_extract_scalar(additionaleventdata, '$.SwitchFrom'), NULLIF(useridentity.arn, ''),
            useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
            NULLIF(useridentity.principalid, ''), useridentity.type, 'unknown') AS actor,
        action,
        CASE WHEN eventname = 'SwitchRole'
            THEN useridentity.arn ELSE COALESCE(json_extract_scalar(requestparameters, '$.roleArn'),
                regexp_extract(errormessage, 'on resource: ([^ ]+)', 1)) END AS resource,
        CASE
            WHEN eventname = 'SwitchRole' THEN split_part(useridentity.arn, '/', 2)
            ELSE regexp_extract(COALESCE(json_extract_scalar(requestparameters, '$.roleArn'),
                regexp_extract(errormessage, 'on resource: ([^ ]+)', 1)), '[^/]+$')
        END AS role_name,
        source_ip, event_id, json_extract_scalar(requestparameters, '$.roleSessionName') AS session_name, outcome,
        ROW_NUMBER() OVER (
            PARTITION BY CASE WHEN outcome = 'denied' THEN errormessage END, CASE
                WHEN outcome = 'denied' AND errormessage IS NOT NULL THEN NULL ELSE COALESCE(sharedeventid, eventid) END
            ORDER BY CASE WHEN useridentity.arn IS NULL THEN 1 ELSE 0 END, eventtime, eventid
        ) AS copy
    FROM calls
    WHERE eventsource IN ('signin.amazonaws.com', 'sts.amazonaws.com')
        AND eventname IN ('SwitchRole', 'AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
        AND outcome <> 'failed'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND (useridentity.type <> 'AWSAccount' OR COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com')
)
SELECT DISTINCT
    c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id, c.role_name,
    c.session_name, c.outcome
FROM found c
LEFT JOIN watchlist w
    ON w.list = 'break-glass-roles'
    AND (
        w.value = c.role_name
        OR w.value = c.resource
        OR (
            w.value LIKE '%*%'
            AND regexp_like(c.role_name, concat('^', replace(replace(w.value, '.', '[.]'), '*', '.*'), '$'))
        )
    )
WHERE c.copy = 1
    AND (w.value IS NOT NULL OR c.role_name IN (:roles))
