-- ---
-- id = "compute.instance-profile-replaced"
-- title = "Running instances received another role"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} gave {resource} the instance profile {profiles} in {account_id} ({occurrences}×)"
-- benign = ["An instance is being prepared for Systems Manager or monitoring"]
-- steps = [
--     "Check what the role of the profile allows and who can log in to the instance",
--     "Take it away if nobody planned it: aws ec2 disassociate-iam-instance-profile --association-id ASSOCIATION",
--     "List the calls of the role's sessions since then: their session name is the instance's id",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/attach-iam-role.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.AssociateIamInstanceProfileRequest.InstanceId'),
            json_extract_scalar(responseelements, '$.ReplaceIamInstanceProfileAssociationResponse.iamInstanceProfileAssociation.instanceId'),
            json_extract_scalar(requestparameters, '$.ReplaceIamInstanceProfileAssociationRequest.AssociationId'),
            json_extract_scalar(requestparameters, '$.instanceId'),
            json_extract_scalar(requestparameters, '$.associationId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        COALESCE(
            json_extract_scalar(requestparameters, '$.AssociateIamInstanceProfileRequest.IamInstanceProfile.Name'),
            json_extract_scalar(requestparameters, '$.AssociateIamInstanceProfileRequest.IamInstanceProfile.Arn'),
            json_extract_scalar(requestparameters, '$.ReplaceIamInstanceProfileAssociationRequest.IamInstanceProfile.Name'),
            json_extract_scalar(requestparameters, '$.ReplaceIamInstanceProfileAssociationRequest.IamInstanceProfile.Arn'),
            json_extract_scalar(requestparameters, '$.iamInstanceProfile.name'),
            json_extract_scalar(requestparameters, '$.iamInstanceProfile.arn'), 'unknown') AS profile
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT profile ORDER BY profile), 1, 20), ', ') AS profiles
FROM found
GROUP BY account_id, actor, hour
