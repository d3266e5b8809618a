-- ---
-- id = "iam.identity-provider-deleted"
-- title = "SAML or OIDC identity provider was deleted"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1531"]
-- about = ["account_id", "resource"]
-- says = "{actor} deleted identity provider {resource} in {account_id}"
-- benign = ["The provider is not used any more"]
-- steps = [
--     "Check that the people and pipelines that used it can still sign in",
--     "If they cannot, create it again with its old metadata or address",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html", "https://attack.mitre.org/techniques/T1531/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.sAMLProviderArn'),
        json_extract_scalar(requestparameters, '$.openIDConnectProviderArn'), 'unknown') AS resource,
    source_ip, event_id
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('DeleteSAMLProvider', 'DeleteOpenIDConnectProvider', 'RemoveClientIDFromOpenIDConnectProvider')
    AND errorcode IS NULL
