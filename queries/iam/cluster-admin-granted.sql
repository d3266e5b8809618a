-- ---
-- id = "iam.cluster-admin-granted"
-- title = "Identity became administrator of a Kubernetes cluster"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.006"]
-- about = ["account_id", "region", "resource", "granted_to"]
-- says = "{actor} made {granted_to} administrator of the cluster {resource} in {account_id}, {region}"
-- description = "Covers the administrator policies of EKS, for the whole cluster or some namespaces. Rights that are given inside of the cluster are not in CloudTrail."
-- benign = ["A cluster is being set up", "A new administrator joins"]
-- steps = [
--     "If nobody announced it: aws eks disassociate-access-policy --cluster-name CLUSTER --principal-arn PRINCIPAL --policy-arn POLICY; aws eks delete-access-entry --cluster-name CLUSTER --principal-arn PRINCIPAL",
--     "Look for roles and accounts that were made inside of the cluster meanwhile: kubectl get clusterrolebindings, and the cluster's audit log",
-- ]
-- references = ["https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html", "https://attack.mitre.org/techniques/T1098/006/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.name'),
        json_extract_scalar(requestparameters, '$.clusterName'),
        json_extract_scalar(responseelements, '$.clusterName'), 'unknown') AS resource,
    source_ip, event_id,
    COALESCE(json_extract_scalar(requestparameters, '$.principalArn'),
        json_extract_scalar(responseelements, '$.principalArn'), 'an unknown identity') AS granted_to
FROM calls
WHERE eventsource = 'eks.amazonaws.com'
    AND eventname = 'AssociateAccessPolicy'
    AND errorcode IS NULL
    AND regexp_like(json_extract_scalar(requestparameters, '$.policyArn'), 'AmazonEKS(ClusterAdmin|Admin)Policy$')
