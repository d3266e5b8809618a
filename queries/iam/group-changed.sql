-- ---
-- id = "iam.group-changed"
-- title = "IAM group was created, renamed or deleted"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "resource"]
-- says = "{actor} ran {action} on group {resource} in {account_id}"
-- benign = ["Permissions are being reorganized"]
-- steps = [
--     "Review the policies and the members of the group",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
        NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
    eventname AS action,
    json_extract_scalar(requestparameters, '$.groupName') AS resource,
    sourceipaddress AS source_ip,
    eventid AS event_id,
    json_extract_scalar(requestparameters, '$.newGroupName') AS new_name
FROM events
WHERE eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateGroup', 'UpdateGroup', 'DeleteGroup')
    AND errorcode IS NULL
