-- ---
-- id = "s3.mass-delete"
-- title = "Many objects of a bucket were deleted within an hour"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0040:T1485"]
-- about = ["account_id", "actor", "resource", "hour"]
-- align = "1h"
-- says = "{actor} deleted objects of bucket {resource} in {account_id} with {occurrences} calls within an hour ({batches} of them for up to 1,000 objects each)"
-- description = "The record of a batch does not list its objects: it counts as many (batch_weight). People and IAM users reach the threshold earlier than roles, which delete every day. Lifecycle rules are not recorded."
-- benign = ["Somebody empties a bucket before deleting it", "An application clears old data"]
-- steps = [
--     "Block the actor now, it may be at work still: aws iam update-access-key --access-key-id KEY --status Inactive --user-name USER",
--     "If the bucket has versions, remove the delete markers: aws s3api list-object-versions --bucket BUCKET --query 'DeleteMarkers[?IsLatest].[Key,VersionId]'",
--     "Look for a ransom note, and for reads before the deletion: s3.mass-read",
--     "Raise min_objects_role if an application works like this",
-- ]
-- references = ["https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjects.html", "https://attack.mitre.org/techniques/T1485/"]
-- needs = ["s3-data-events"]
-- params.min_objects = { type = "integer", default = 100, about = "Minimum for people and IAM users" }
-- params.min_objects_role = { type = "integer", default = 5000, about = "Minimum for roles" }
-- params.batch_weight = { type = "integer", default = 50, about = "Number of objects that a batch counts for" }
-- params.person_roles = { type = "text", default = "/AWSReservedSSO_", about = "Regular expression for the ARNs of roles that people use" }
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), 'unknown') AS resource, source_ip,
        event_id, substr(eventtime, 1, 13) AS hour,
        CASE WHEN eventname = 'DeleteObjects' THEN 1 ELSE 0 END AS batch,
        COALESCE(
            useridentity.type IN ('Root', 'IAMUser', 'FederatedUser', 'IdentityCenterUser') OR sessioncredentialfromconsole = 'true' OR regexp_like(COALESCE(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn), :person_roles),
            false) AS person
    FROM calls
    WHERE eventsource = 's3.amazonaws.com'
        AND eventname IN ('DeleteObject', 'DeleteObjects')
        AND errorcode IS NULL
        AND useridentity.type <> 'AWSService'
        AND useridentity.invokedby IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action, resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    SUM(batch) AS batches, hour
FROM found
GROUP BY account_id, actor, resource, hour, person
HAVING COUNT(DISTINCT event_id) + SUM(batch) * (:batch_weight - 1)
    >= CASE WHEN person THEN :min_objects ELSE :min_objects_role END
