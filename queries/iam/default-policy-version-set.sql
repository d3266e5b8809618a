-- ---
-- id = "iam.default-policy-version-set"
-- title = "Managed policy was switched to another version"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1548.005"]
-- about = ["account_id", "resource"]
-- replaces = ["iam.policy-changed"]
-- says = "{actor} made {version} the version in force of policy {resource} in {account_id}"
-- description = "The record does not hold the policy. An old version with wide rights gives them back to every identity that the policy is attached to, without a new document. New versions that are in force at once are in iam.admin-policy-granted and iam.policy-changed."
-- benign = ["Somebody undoes a change of the policy"]
-- steps = [
--     "Read the version: aws iam get-policy-version --policy-arn POLICY --version-id VERSION",
--     "If nobody can explain it, switch back: aws iam set-default-policy-version --policy-arn POLICY --version-id VERSION (the one in force before)",
--     "See who has the policy: aws iam list-entities-for-policy --policy-arn POLICY",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html", "https://attack.mitre.org/techniques/T1548/005/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.policyArn'), 'unknown') AS resource, source_ip,
    event_id, COALESCE(json_extract_scalar(requestparameters, '$.versionId'), 'another one') AS version
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'SetDefaultPolicyVersion'
    AND errorcode IS NULL
