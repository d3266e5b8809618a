-- ---
-- id = "compute.instance-connect"
-- title = "EC2 Instance Connect was used for shell access"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0008:T1021.008", "TA0003:T1098.004"]
-- about = ["account_id", "region", "resource", "actor"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}"
-- benign = ["Operators are allowed to log in this way"]
-- steps = [
--     "If nobody expects it, isolate the instance: aws ec2 modify-instance-attribute --instance-id INSTANCE --groups QUARANTINE_GROUP",
--     "Ask the actor what they did on the instance",
--     "Read the instance's own logs from the time of the call onwards",
-- ]
-- references = ["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/connect-linux-inst-eic.html", "https://attack.mitre.org/techniques/T1021/008/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.instanceId'),
        json_extract_scalar(requestparameters, '$.instanceConnectEndpointId'),
        json_extract_scalar(responseelements,
        '$.CreateInstanceConnectEndpointResponse.instanceConnectEndpoint.instanceConnectEndpointId'),
        'unknown') AS resource,
    source_ip, event_id, json_extract_scalar(requestparameters, '$.instanceOSUser') AS os_user,
    json_extract_scalar(requestparameters, '$.privateIpAddress') AS target_address,
    json_extract_scalar(requestparameters, '$.remotePort') AS target_port
FROM calls
WHERE eventsource IN ('ec2-instance-connect.amazonaws.com', 'ec2.amazonaws.com')
    AND eventname IN ('SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey', 'OpenTunnel',
        'CreateInstanceConnectEndpoint')
    AND errorcode IS NULL
