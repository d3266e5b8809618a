-- ---
-- id = "sharing.resource-public"
-- title = "Resource policy lets everybody in"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0009:T1530"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["sharing.resource-shared-outside", "secrets.policy-changed"]
-- says = "{actor} opened {resource} ({service}) in {account_id}, {region} to everybody: {opened}"
-- description = "Reads policies of resources and calls that name who gets access (see the view policy_grants): keys, secrets, topics, queues, image and package repositories, file systems, search domains, vaults, tables, streams, event buses, shared documents. Conditions on the network, the source, the organization or the account count as restrictions if they can keep anybody out. Buckets are in s3.bucket-public, functions in sharing.function-opened, roles in iam.role-trust-opened. Keys and secrets are critical."
-- benign = ["A topic or repository is published on purpose", "The search domain is in a VPC that lets only own hosts in"]
-- steps = [
--     "Put the former policy back: the same call with the policy of before, or its Delete… call (aws secretsmanager delete-resource-policy --secret-id SECRET)",
--     "Look for calls by strangers since then: trailbrief query --last 24h \"SELECT eventtime, eventname, useridentity.accountid, sourceipaddress FROM events WHERE useridentity.type = 'AWSAccount'\"",
--     "If a secret or key was open, rotate it",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html", "https://attack.mitre.org/techniques/T1530/"]
-- ---
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
    array_join(array_agg(DISTINCT COALESCE(actions, 'all calls') ORDER BY COALESCE(actions, 'all calls')), ', ')
        AS opened,
    eventsource AS service,
    CASE WHEN eventsource IN ('kms.amazonaws.com', 'secretsmanager.amazonaws.com') THEN 'critical' END AS severity
FROM policy_grants
WHERE eventsource NOT IN ('s3.amazonaws.com', 'lambda.amazonaws.com')
    AND policy_kind = 'resource'
    AND effect = 'Allow'
    AND principal_kind = 'everybody'
    AND restricted = 'no'
GROUP BY event_time, account_id, region, actor, action, resource, source_ip, event_id, eventsource
