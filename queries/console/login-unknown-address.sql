-- ---
-- id = "console.login-unknown-address"
-- title = "Console sign-in came from outside the trusted ranges"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "actor", "source_ip"]
-- replaces = ["console.login-success"]
-- says = "{actor} signed in to {account_id} from {source_ip}, outside the trusted ranges"
-- description = "Does not fire while the watchlist trusted-cidrs is empty. If the record lists several addresses, the first one counts: it is the client's. A sign-in with MFA is medium."
-- benign = ["Somebody is working from a hotel or a new office"]
-- steps = [
--     "Ask the user, over another channel, whether they signed in; if not: aws iam delete-login-profile --user-name USER, or for a role aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document file://deny-older-sessions.json",
--     "See what was done from there: trailbrief query --last 24h \"SELECT eventtime, eventname, useridentity.arn FROM events WHERE sourceipaddress = 'ADDRESS'\"",
--     "Add the range to the watchlist trusted-cidrs if it is yours",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- needs = ["watchlist:trusted-cidrs"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
        trim(split_part(sourceipaddress, ',', 1)) AS address,
        COALESCE(json_extract_scalar(additionaleventdata, '$.MFAUsed'), 'No') AS mfa_used,
        useragent AS user_agent
    FROM calls
    WHERE eventsource = 'signin.amazonaws.com'
        AND eventname = 'ConsoleLogin'
        AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
),
verdicts AS (
    SELECT c.address,
        MAX(CASE
            WHEN w.value = c.address
                OR COALESCE(TRY(contains(w.value, TRY_CAST(c.address AS IPADDRESS))), false) THEN 1
            ELSE 0
        END) AS trusted
    FROM found c
    CROSS JOIN watchlist w
    WHERE w.list = 'trusted-cidrs'
        AND TRY_CAST(c.address AS IPADDRESS) IS NOT NULL
    GROUP BY c.address
)
SELECT
    c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id, c.mfa_used,
    c.user_agent, CASE WHEN c.mfa_used = 'Yes' THEN 'medium' END AS severity
FROM found c
JOIN verdicts v ON v.address = c.address
WHERE v.trusted = 0
