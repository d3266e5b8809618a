-- ---
-- id = "network.connection-opened"
-- title = "Network was linked with another network: peering, transit gateway or VPN"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1133"]
-- about = ["account_id", "region", "actor", "day"]
-- replaces = ["network.vpc-changed"]
-- says = "{actor} ran {action} ({resource}) in {account_id}, {region}; other account: {others}"
-- description = "Peering inside of one account is left out, and with an account that the configuration or the organization lists."
-- benign = ["The network team links a new network"]
-- steps = [
--     "Cut the link if nobody expects it: aws ec2 delete-vpc-peering-connection --vpc-peering-connection-id ID, or aws ec2 delete-vpn-connection --vpn-connection-id ID",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/vpc/latest/peering/what-is-vpc-peering.html", "https://attack.mitre.org/techniques/T1133/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.vpcPeeringConnection.vpcPeeringConnectionId'),
            json_extract_scalar(requestparameters, '$.vpcPeeringConnectionId'),
            json_extract_scalar(requestparameters, '$.vpcId'),
            json_extract_scalar(requestparameters, '$.customerGatewayId'),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.peerOwnerId'),
            NULLIF(json_extract_scalar(responseelements, '$.vpcPeeringConnection.requesterVpcInfo.ownerId'),
                recipientaccountid),
            json_extract_scalar(responseelements, '$.vpcPeeringConnection.accepterVpcInfo.ownerId'),
            'not said') AS others
    FROM calls
    WHERE eventsource = 'ec2.amazonaws.com'
        AND eventname IN ('CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection',
            'CreateTransitGatewayVpcAttachment', 'CreateTransitGatewayPeeringAttachment',
            'AcceptTransitGatewayPeeringAttachment', 'AcceptTransitGatewayVpcAttachment',
            'CreateVpnConnection', 'CreateClientVpnEndpoint', 'AuthorizeClientVpnIngress')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT others ORDER BY others), 1, 20), ', ') AS others, day
FROM found
WHERE others <> account_id
    AND others NOT IN (SELECT account_id FROM accounts)
GROUP BY account_id, region, actor, day
