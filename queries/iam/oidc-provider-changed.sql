-- ---
-- id = "iam.oidc-provider-changed"
-- title = "OIDC identity provider was created or changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1484.002"]
-- about = ["account_id", "resource", "action"]
-- says = "{actor} ran {action} on OIDC provider {resource} in {account_id}"
-- benign = ["A pipeline or a Kubernetes cluster is connected by OIDC, as announced"]
-- steps = [
--     "Check that the address belongs to a service that you use",
--     "aws iam list-roles: find the roles whose trust policy names the provider; it must restrict the subject, not the audience alone",
--     "If nobody planned it: aws iam delete-open-id-connect-provider --open-id-connect-provider-arn PROVIDER",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html", "https://attack.mitre.org/techniques/T1484/002/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(responseelements, '$.openIDConnectProviderArn'),
        json_extract_scalar(requestparameters, '$.openIDConnectProviderArn'),
        json_extract_scalar(requestparameters, '$.url'), 'unknown') AS resource,
    source_ip, event_id
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateOpenIDConnectProvider', 'UpdateOpenIDConnectProviderThumbprint',
        'AddClientIDToOpenIDConnectProvider')
    AND errorcode IS NULL
