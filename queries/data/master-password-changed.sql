-- ---
-- id = "data.master-password-changed"
-- title = "Master password of a database was changed"
-- severity = "low"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0003:T1098"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} changed the master password of {resource} in {account_id}, {region}"
-- description = "Whoever sets the password can read everything, if the database can be reached. Passwords that Secrets Manager rotates are left out; one finding per actor and day."
-- benign = ["Somebody lost the password", "The password is rotated by a script"]
-- steps = [
--     "Check that the application still signs in: its password has changed too if it uses the master user",
--     "See whether the database was opened as well: data.database-public, network.security-group-changed",
--     "If nobody can explain it, block the actor's key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html", "https://attack.mitre.org/techniques/T1098/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'),
            json_extract_scalar(requestparameters, '$.dBClusterIdentifier'),
            json_extract_scalar(requestparameters, '$.globalClusterIdentifier'),
            json_extract_scalar(requestparameters, '$.clusterIdentifier'),
            json_extract_scalar(requestparameters, '$.tableName'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource IN ('rds.amazonaws.com', 'redshift.amazonaws.com')
        AND eventname IN ('ModifyDBInstance', 'ModifyDBCluster', 'ModifyCluster')
        AND errorcode IS NULL
        AND json_extract(requestparameters, '$.masterUserPassword') IS NOT NULL
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
