-- ---
-- id = "iam.federation-token"
-- title = "Federated sessions were made from an access key"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098.001"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} made sessions that outlive its key, as {resource} in {account_id} ({occurrences}×)"
-- benign = ["An application of old gives its users access in this way"]
-- steps = [
--     "Deactivating the key does not end these sessions: attach a policy that denies everything to the user first",
--     "aws iam put-user-policy --user-name USER --policy-name deny --policy-document file://deny-all.json",
--     "List what the sessions did: trailbrief query --last 24h \"SELECT eventtime, eventname, sourceipaddress FROM events WHERE useridentity.accesskeyid = 'KEY'\"",
--     "Look for a console sign-in by them (console.signin-token)",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html", "https://attack.mitre.org/techniques/T1098/001/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.federatedUser.arn'),
            json_extract_scalar(requestparameters, '$.name'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(responseelements, '$.credentials.accessKeyId') AS access_key,
        COALESCE(json_format(json_extract(requestparameters, '$.policyArns')),
            json_format(json_extract(requestparameters, '$.policy'))) AS policy
    FROM calls
    WHERE eventsource = 'sts.amazonaws.com'
        AND eventname = 'GetFederationToken'
        AND errorcode IS NULL
        AND useridentity.invokedby IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT access_key ORDER BY access_key), 1, 20), ', ') AS access_keys,
    array_join(slice(array_agg(DISTINCT policy ORDER BY policy), 1, 20), ', ') AS policies
FROM found
GROUP BY account_id, actor, hour
