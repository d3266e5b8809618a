-- ---
-- id = "iam.permissions-boundary-changed"
-- title = "Permissions boundary was removed or replaced"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1098.003"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} ran {action} on {resource} in {account_id} ({occurrences}×)"
-- benign = ["The boundaries are being rebuilt from a repository"]
-- steps = [
--     "Put it back if nobody planned it: aws iam put-role-permissions-boundary or put-user-permissions-boundary",
--     "Check whether the identity belongs to the actor: then they raised their own rights",
--     "List what {resource} did since then",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html", "https://attack.mitre.org/techniques/T1098/003/"]
-- ---
WITH calls AS (
    SELECT
        eventtime AS event_time,
        COALESCE(recipientaccountid, account) AS account_id,
        awsregion AS region,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
            NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
        eventname AS action,
        COALESCE(json_extract_scalar(requestparameters, '$.roleName'),
            json_extract_scalar(requestparameters, '$.userName'), 'unknown') AS resource,
        sourceipaddress AS source_ip,
        eventid AS event_id,
        substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(requestparameters, '$.permissionsBoundary') AS boundary
    FROM events
    WHERE eventsource = 'iam.amazonaws.com'
        AND eventname IN ('DeleteRolePermissionsBoundary', 'DeleteUserPermissionsBoundary',
            'PutRolePermissionsBoundary', 'PutUserPermissionsBoundary')
        AND errorcode IS NULL
)
SELECT
    MIN(event_time) AS first_seen,
    MAX(event_time) AS last_seen,
    account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region,
    actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    hour,
    array_join(slice(array_agg(DISTINCT boundary ORDER BY boundary), 1, 20), ', ') AS boundaries
FROM calls
GROUP BY account_id, actor, hour
