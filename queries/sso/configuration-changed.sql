-- ---
-- id = "sso.configuration-changed"
-- title = "Sign-in settings of Identity Center were changed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1556.006"]
-- about = ["account_id", "resource", "action"]
-- says = "{actor} changed settings of Identity Center ({resource}) in {account_id} by {action}"
-- description = "CloudTrail does not always record the new value."
-- benign = ["The sign-in rules are being tightened, as announced"]
-- steps = [
--     "Open Settings, Authentication of Identity Center: MFA must be asked for every sign-in or when the context changes",
--     "Check that sessions are not longer than you allow",
--     "Ask the actor for the change ticket, and set the old value again if there is none",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/mfa-configure.html", "https://attack.mitre.org/techniques/T1556/006/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.instanceArn'),
        json_extract_scalar(requestparameters, '$.directoryId'),
        json_extract_scalar(responseelements, '$.instanceArn'),
        json_extract_scalar(requestparameters, '$.trustedTokenIssuerArn'), 'unknown') AS resource,
    source_ip, event_id, json_extract_scalar(requestparameters, '$.configurationType') AS kind,
    json_extract_scalar(requestparameters,
        '$.ssoConfiguration.sessionConfiguration.maxAuthenticationAge') AS session
FROM calls
WHERE eventsource IN ('sso.amazonaws.com', 'sso-directory.amazonaws.com')
    AND eventname IN ('UpdateSsoConfiguration', 'PutMfaDeviceManagementForDirectory',
        'UpdateMfaDeviceManagementForDirectory', 'CreateTrustedTokenIssuer', 'UpdateTrustedTokenIssuer',
        'CreateInstanceAccessControlAttributeConfiguration', 'UpdateInstanceAccessControlAttributeConfiguration',
        'StartSSO', 'CreateInstance')
    AND errorcode IS NULL
