-- ---
-- id = "s3.mass-read"
-- title = "Person read much of a bucket within an hour"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0009:T1530"]
-- about = ["account_id", "actor", "resource", "hour"]
-- align = "1h"
-- says = "{actor} read {occurrences} objects ({megabytes} MB) of bucket {resource} in {account_id} within an hour, from {source_ip}"
-- description = "Covers people, IAM users and anonymous callers; roles of applications read much every day and are left out, as are services that read for somebody."
-- benign = ["Somebody downloads a data set or a backup for their work", "The actor is an application that runs as an IAM user"]
-- steps = [
--     "Ask the person by another way than the account whether they did it, and what for",
--     "If they did not, block the key: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "List what was read: trailbrief query --last 24h \"SELECT eventtime, requestparameters FROM events WHERE eventname = 'GetObject' AND sourceipaddress = 'ADDRESS'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging.html", "https://attack.mitre.org/techniques/T1530/"]
-- needs = ["s3-data-events"]
-- params.min_objects = { type = "integer", default = 500, about = "Minimum number of reads" }
-- params.min_megabytes = { type = "integer", default = 10000, about = "Minimum amount, enough by itself" }
-- params.person_roles = { type = "text", default = "/AWSReservedSSO_", about = "Regular expression for the ARNs of roles that people use" }
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 13) AS hour,
        COALESCE(TRY_CAST(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS DOUBLE), 0) AS bytes
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('GetObject', 'GetObjectVersion')
        AND errorcode IS NULL
        AND useridentity.invokedby IS NULL
        AND (
            useridentity.type IN ('Root', 'IAMUser', 'FederatedUser', 'IdentityCenterUser', 'AWSAccount')
            OR sessioncredentialfromconsole = 'true'
            OR regexp_like(COALESCE(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn), :person_roles)
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    CAST(SUM(bytes) / 1000000 AS BIGINT) AS megabytes, hour
FROM found
GROUP BY account_id, actor, resource, hour
HAVING COUNT(DISTINCT event_id) >= :min_objects
    OR SUM(bytes) / 1000000 >= :min_megabytes
