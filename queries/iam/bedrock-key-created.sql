-- ---
-- id = "iam.bedrock-key-created"
-- title = "Long-lived API key for Bedrock was created"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "resource", "credential"]
-- says = "{actor} created a Bedrock API key for user {resource} in {account_id}, valid for {days} days"
-- benign = ["A developer tries a tool that needs such a key"]
-- steps = [
--     "aws iam update-service-specific-credential --user-name USER --service-specific-credential-id CREDENTIAL --status Inactive, if nobody needs it",
--     "Stolen keys of this kind pay for strangers' use of models: look at the calls of the user to Bedrock and at the bill",
--     "Deny iam:CreateServiceSpecificCredential for Bedrock by an SCP and use short-lived keys",
-- ]
-- references = ["https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.userName'),
        json_extract_scalar(responseelements, '$.serviceSpecificCredential.userName'), useridentity.username,
        useridentity.arn, 'unknown') AS resource,
    source_ip, event_id,
    json_extract_scalar(responseelements,
        '$.serviceSpecificCredential.serviceSpecificCredentialId') AS credential,
    COALESCE(json_extract_scalar(requestparameters, '$.credentialAgeDays'), 'unlimited') AS days
FROM calls
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential')
    AND errorcode IS NULL
    AND COALESCE(json_extract_scalar(requestparameters, '$.serviceName'),
        json_extract_scalar(responseelements, '$.serviceSpecificCredential.serviceName'), '')
        LIKE 'bedrock%'
