-- ---
-- id = "iam.policy-version-switched"
-- title = "Managed policy was switched to another version"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "resource", "version"]
-- says = "{actor} made version {version} the one in force of policy {resource} in {account_id}"
-- benign = ["A change of a policy is taken back"]
-- steps = [
--     "aws iam get-policy-version --policy-arn {resource} --version-id {version}: what it allows",
--     "If it allows more than the one before and nobody planned it: aws iam set-default-policy-version with the version before",
--     "aws iam list-entities-for-policy --policy-arn {resource}: who gained the rights; is the actor among them?",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(requestparameters, '$.policyArn'), 'unknown') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(requestparameters, '$.versionId') AS version
FROM events
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname = 'SetDefaultPolicyVersion'
    AND errorcode IS NULL
