-- ---
-- id = "iam.other-credential-created"
-- title = "User received a credential other than a key or a password"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "resource", "credential"]
-- says = "{actor} ran {action} for user {resource} in {account_id}: {credential} {service}"
-- benign = ["The user works with CodeCommit or Keyspaces"]
-- steps = [
--     "Ask the user, over another channel, whether the credential is theirs",
--     "Take it away: aws iam delete-service-specific-credential, delete-ssh-public-key or delete-signing-certificate, with --user-name USER and its id",
--     "Check that accounts you take over from an attacker keep none of them: they do not show among access keys",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'),
        json_extract_scalar(responseelements, '$.serviceSpecificCredential.userName'), useridentity.username,
        useridentity.arn, 'unknown') AS resource,
    source_ip, event_id,
    COALESCE(json_extract_scalar(responseelements, '$.serviceSpecificCredential.serviceSpecificCredentialId'),
        json_extract_scalar(responseelements, '$.sSHPublicKey.sSHPublicKeyId'),
        json_extract_scalar(responseelements, '$.certificate.certificateId'), 'unknown') AS credential,
    COALESCE(json_extract_scalar(requestparameters, '$.serviceName'), '') AS service
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential', 'UploadSSHPublicKey',
        'UploadSigningCertificate')
    AND errorcode IS NULL
    AND COALESCE(json_extract_scalar(requestparameters, '$.serviceName'),
        json_extract_scalar(responseelements, '$.serviceSpecificCredential.serviceName'), '')
        NOT LIKE 'bedrock%'
