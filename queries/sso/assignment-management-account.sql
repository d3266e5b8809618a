-- ---
-- id = "sso.assignment-management-account"
-- title = "Identity Center access to the account that runs Identity Center was given"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "actor", "grantee", "permission_set"]
-- replaces = ["sso.assignment-created"]
-- says = "{actor} gave {grantee} access to {resource}, the account that runs Identity Center, with {permission_set}"
-- description = "Usually this is the management account, which no SCP restrains. If a member account administers Identity Center, it is that one."
-- benign = ["A new administrator of the organization starts"]
-- steps = [
--     "If nobody expects it: aws sso-admin delete-account-assignment --instance-arn INSTANCE --target-id ACCOUNT --target-type AWS_ACCOUNT --permission-set-arn SET --principal-type USER --principal-id ID",
--     "See whether it was used: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.arn LIKE '%AWSReservedSSO_%' AND recipientaccountid = 'ACCOUNT'\"",
--     "Ask a second administrator, not the actor alone",
-- ]
-- references = ["https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.targetId'), 'unknown') AS resource, source_ip,
    event_id,
    concat(COALESCE(json_extract_scalar(requestparameters, '$.principalType'), 'unknown'), ' ',
        COALESCE(json_extract_scalar(requestparameters, '$.principalId'), 'unknown')) AS grantee,
    regexp_extract(json_extract_scalar(requestparameters, '$.permissionSetArn'), '[^/]+$') AS permission_set
FROM calls
WHERE eventsource = 'sso.amazonaws.com'
    AND eventname = 'CreateAccountAssignment'
    AND errorcode IS NULL
    AND json_extract_scalar(requestparameters, '$.targetId') = COALESCE(recipientaccountid, account)
