-- ---
-- id = "compute.lambda-code-updated"
-- title = "Code of a Lambda function was replaced"
-- severity = "medium"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0002:T1648"]
-- about = ["account_id", "region", "resource"]
-- says = "{actor} replaced the code of {resource} in {account_id}, {region} (by a person: {by_person})"
-- benign = ["A pipeline is deploying a new version"]
-- steps = [
--     "If a person did it, ask why they bypassed the pipeline",
--     "Compare code_sha256 with the latest build",
--     "Check which role the function runs as",
-- ]
-- references = ["https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html", "https://attack.mitre.org/techniques/T1648/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    COALESCE(json_extract_scalar(responseelements, '$.functionArn'),
        json_extract_scalar(requestparameters, '$.functionName')) AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(responseelements, '$.codeSha256') AS code_sha256,
    json_extract_scalar(responseelements, '$.role') AS function_role,
    CASE
        WHEN useridentity.type IN ('Root', 'IAMUser', 'IdentityCenterUser')
            OR useridentity.sessioncontext.sessionissuer.arn LIKE '%/AWSReservedSSO%'
            OR sessioncredentialfromconsole = 'true' THEN 'yes'
        ELSE 'no'
    END AS by_person
FROM events
WHERE eventsource = 'lambda.amazonaws.com'
    AND eventname LIKE 'UpdateFunctionCode%'
    AND errorcode IS NULL
    AND COALESCE(json_extract_scalar(requestparameters, '$.dryRun'), 'false') <> 'true'
