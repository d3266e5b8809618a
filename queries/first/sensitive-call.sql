-- ---
-- id = "first.sensitive-call"
-- title = "Somebody made a sensitive call that they never made before"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098", "TA0004:T1098"]
-- about = ["account_id", "actor", "resource"]
-- says = "{actor} called {resource} in {account_id} for the first time in 90 days ({occurrences} calls)"
-- description = "Covers calls that give rights, hide traces, share data or read secrets, by an actor known for some days. Other detections say what the call did; this one says that it is new for whoever made it."
-- benign = ["Somebody got a new task", "A task that comes up less often than every 90 days"]
-- steps = [
--     "Ask the person, or the owner of the role, whether the call was meant",
--     "List what the actor did: trailbrief query --last 24h \"SELECT eventtime, eventname, awsregion, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
--     "See what is usual for it: trailbrief query --logs LOGS \"SELECT * FROM habits WHERE actor = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html", "https://attack.mitre.org/techniques/T1098/"]
-- needs = ["habits"]
-- [params.known_days]
-- type = "integer"
-- default = 7
-- about = "For how many days the actor must be known before something counts as new"
-- ---
WITH found AS (
    SELECT c.event_time, c.account_id, c.region, c.principal AS actor, c.action, c.action AS resource, c.source_ip, c.event_id
    FROM calls c
    JOIN known_actors k ON k.actor = c.principal
    LEFT JOIN habits h
        ON h.actor = c.principal AND h.action = c.action AND h.first_seen < substr(c.event_time, 1, 10)
    WHERE c.eventname IN (
            'CreateUser', 'CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile', 'AttachUserPolicy',
            'AttachRolePolicy', 'AttachGroupPolicy', 'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy',
            'AddUserToGroup', 'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'UpdateAssumeRolePolicy',
            'CreateRole', 'CreateSAMLProvider', 'CreateOpenIDConnectProvider', 'DeactivateMFADevice',
            'GetFederationToken', 'StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'DeleteDetector',
            'UpdateDetector', 'DeleteFlowLogs', 'StopConfigurationRecorder', 'PutBucketPolicy', 'DeleteBucketPolicy',
            'PutBucketAcl', 'PutPublicAccessBlock', 'DeletePublicAccessBlock', 'ModifySnapshotAttribute',
            'ModifyImageAttribute', 'ModifyDBSnapshotAttribute', 'SharedSnapshotCopyInitiated',
            'AuthorizeSecurityGroupIngress', 'SendCommand', 'StartSession', 'GetPasswordData', 'ScheduleKeyDeletion',
            'DisableKey', 'PutKeyPolicy', 'CreateGrant', 'AddPermission20150331v2', 'UpdateFunctionCode20150331v2',
            'CreateAccountAssignment', 'CreatePermissionSet', 'AttachManagedPolicyToPermissionSet',
            'LeaveOrganization', 'GetSecretValue', 'BatchGetSecretValue')
        AND c.errorcode IS NULL
        AND c.by_service IS NULL
        AND h.actor IS NULL
        AND date_diff('day', from_iso8601_timestamp(concat(k.first_seen, 'T00:00:00Z')), from_iso8601_timestamp(c.event_time)) >= :known_days
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids
FROM found
GROUP BY account_id, actor, resource
