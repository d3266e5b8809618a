-- ---
-- id = "iam.role-trust-opened"
-- title = "Role can be assumed from outside"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.003"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.role-created"]
-- says = "{actor} let {trusted} assume role {resource} in {account_id} (requires an external id: {external_id})"
-- description = "Reads the trust policy of new and changed roles. Outside are everybody, accounts that are neither in accounts nor in the watchlist partner-accounts, and identity providers of the internet without a condition on who signs in. Trust of services and of an own SAML provider is left out. Everybody is critical, accounts that must give an external id are medium."
-- benign = ["A vendor's monitoring or backup product is being connected (it should require an external id)", "A build system is being connected"]
-- steps = [
--     "If nobody announced it, close the role: aws iam update-assume-role-policy --role-name ROLE --policy-document file://trust-before.json",
--     "Find sessions from outside: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, requestparameters FROM events WHERE eventname LIKE 'AssumeRole%' AND requestparameters LIKE '%role/ROLE%'\"",
--     "End those sessions: IAM console, the role, Revoke sessions",
--     "Add the account to the watchlist partner-accounts if the trust is wanted",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH trusted AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id, restrictions,
        CASE principal_kind
            WHEN 'everybody' THEN 'everybody'
            WHEN 'provider' THEN concat('everybody with an account at ', principal)
            ELSE concat('account ', principal_account)
        END AS trusted
    FROM policy_grants
    WHERE policy_kind = 'trust'
        AND effect = 'Allow'
        AND (
            (principal_kind = 'everybody' AND restricted = 'no')
            OR principal_kind = 'other account'
            OR (
                principal_kind = 'provider'
                AND principal NOT LIKE '%:saml-provider/%'
                AND NOT regexp_like(restrictions, CASE
                    WHEN regexp_like(principal, 'github|gitlab[.]com|app[.]terraform|bitbucket|buildkite|circleci')
                        THEN ':(sub|[a-z_]*repository[a-z_]*|job_workflow_ref)"'
                    ELSE ':(sub|aud|oaud|app_id)"'
                END)
            )
        )
)
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
    array_join(array_agg(DISTINCT trusted ORDER BY trusted), ', ') AS trusted,
    MIN(CASE WHEN restrictions LIKE '%"sts:externalid"%' THEN 'yes' ELSE 'no' END) AS external_id,
    CASE
        WHEN MAX(CASE WHEN trusted = 'everybody' THEN 1 ELSE 0 END) = 1 THEN 'critical'
        WHEN MIN(CASE WHEN trusted LIKE 'account %' AND restrictions LIKE '%"sts:externalid"%' THEN 1 ELSE 0 END) = 1
            THEN 'medium'
    END AS severity
FROM trusted
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id
