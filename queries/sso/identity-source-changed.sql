-- ---
-- id = "sso.identity-source-changed"
-- title = "Identity source of Identity Center was changed"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1484.002"]
-- about = ["account_id", "resource", "action"]
-- says = "{actor} changed who vouches for the users of Identity Center ({resource}) in {account_id} by {action}"
-- benign = ["The certificate of the identity provider is renewed, as announced", "The organization moves to another identity provider"]
-- steps = [
--     "Stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
--     "Ask a second administrator now: whoever controls the identity source can sign in as anybody, in every account",
--     "Compare the provider's certificate and address in the console of Identity Center with your identity provider; if nobody planned it, restore the old source and use the break-glass roles meanwhile",
--     "See who signed in since then: trailbrief query --last 24h \"SELECT eventtime, eventname, useridentity.username, sourceipaddress FROM events WHERE eventname = 'UserAuthentication'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source.html", "https://attack.mitre.org/techniques/T1484/002/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.directoryId'),
        json_extract_scalar(requestparameters, '$.instanceArn'), 'unknown') AS resource,
    source_ip, event_id
FROM calls
WHERE eventsource IN ('sso.amazonaws.com', 'sso-directory.amazonaws.com')
    AND eventname IN ('AssociateDirectory', 'DisassociateDirectory', 'UpdateDirectoryAssociation', 'DeleteInstance',
        'CreateExternalIdPConfigurationForDirectory', 'UpdateExternalIdPConfigurationForDirectory',
        'EnableExternalIdPConfigurationForDirectory', 'DisableExternalIdPConfigurationForDirectory',
        'DeleteExternalIdPConfigurationForDirectory')
    AND errorcode IS NULL
