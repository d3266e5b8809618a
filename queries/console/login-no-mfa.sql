-- ---
-- id = "console.login-no-mfa"
-- title = "IAM user signed in to the console without MFA"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- cis = ["4.2"]
-- about = ["account_id", "actor"]
-- replaces = ["console.login-success"]
-- says = "{actor} signed in to {account_id} from {source_ip} without MFA"
-- description = "Covers IAM users only. For federated users and single sign-on, CloudTrail records MFAUsed = No whatever the identity provider required."
-- benign = ["The user is new and has not registered a device yet"]
-- steps = [
--     "Ask the user, over another channel, whether they signed in; if not: aws iam delete-login-profile --user-name USER",
--     "See what the session did: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.username = 'USER'\"",
--     "Let the user register a device: aws iam list-mfa-devices --user-name USER shows whether there is one",
--     "Require aws:MultiFactorAuthPresent in the policies of human users",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html", "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html"]
-- ---
SELECT event_time, account_id, region, actor, action, account_id AS resource, source_ip, event_id,
    json_extract_scalar(additionaleventdata, '$.MFAUsed') AS mfa_used, useragent AS user_agent
FROM calls
WHERE eventsource = 'signin.amazonaws.com'
    AND eventname = 'ConsoleLogin'
    AND useridentity.type = 'IAMUser'
    AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
    AND lower(COALESCE(json_extract_scalar(additionaleventdata, '$.MFAUsed'), 'No')) <> 'yes'
    AND json_extract_scalar(additionaleventdata, '$.SamlProviderArn') IS NULL
