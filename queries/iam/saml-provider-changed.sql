-- ---
-- id = "iam.saml-provider-changed"
-- title = "SAML identity provider was created or replaced"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1484.002"]
-- about = ["account_id", "resource"]
-- says = "{actor} ran {action} on SAML provider {resource} in {account_id}"
-- description = "Leaves out the provider that Identity Center makes in each account."
-- benign = ["The certificate of the identity provider is renewed", "The account is connected to the company's identity provider, as announced"]
-- steps = [
--     "If nobody planned it: aws iam delete-saml-provider --saml-provider-arn PROVIDER, or put the old metadata back: aws iam update-saml-provider --saml-provider-arn PROVIDER --saml-metadata-document file://before.xml",
--     "Find the sessions that came in by it: trailbrief query --last 24h \"SELECT eventtime, sourceipaddress, requestparameters FROM events WHERE eventname = 'AssumeRoleWithSAML'\"",
--     "Find the roles that trust it: aws iam list-roles --query \"Roles[?contains(to_string(AssumeRolePolicyDocument), 'PROVIDER')].RoleName\"",
--     "Ask the owner of the identity provider: with one of their own, a thief signs in without any user of yours",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html", "https://attack.mitre.org/techniques/T1484/002/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(responseelements, '$.sAMLProviderArn'),
        json_extract_scalar(requestparameters, '$.sAMLProviderArn'),
        json_extract_scalar(requestparameters, '$.name'), 'unknown') AS resource,
    source_ip, event_id,
    regexp_extract(json_extract_scalar(requestparameters, '$.sAMLMetadataDocument'),
        'entityID="([^"]*)"', 1) AS entity_id
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateSAMLProvider', 'UpdateSAMLProvider')
    AND errorcode IS NULL
    AND COALESCE(useridentity.sessioncontext.sessionissuer.arn, '')
        NOT LIKE '%:role/aws-service-role/sso.amazonaws.com/%'
