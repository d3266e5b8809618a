-- ---
-- id = "compute.ssm-command"
-- title = "Commands were sent to instances through Systems Manager"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0002:T1651"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} sent {documents} to {resource} in {account_id}, {region} ({occurrences}×, {outcomes})"
-- description = "Any outcome. Leaves out the documents for patching and inventory (parameter quiet_documents) and commands that services send."
-- benign = ["Operators run their scripts in this way"]
-- steps = [
--     "Read what was run: aws ssm list-command-invocations --details --command-id COMMAND; CloudTrail hides the parameters",
--     "If nobody expects it, cancel it and isolate the instances: aws ssm cancel-command --command-id COMMAND",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command.html", "https://attack.mitre.org/techniques/T1651/"]
-- [params.quiet_documents]
-- type = "text-list"
-- default = ["AWS-RunPatchBaseline", "AWS-RunPatchBaselineAssociation", "AWS-GatherSoftwareInventory", "AWS-UpdateSSMAgent", "AWS-ConfigureAWSPackage"]
-- about = "Documents that are not reported"
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_format(json_extract(requestparameters, '$.instanceIds')),
            json_format(json_extract(requestparameters, '$.targets')),
            'unknown') AS resource,
        source_ip, event_id,
        COALESCE(json_extract_scalar(requestparameters, '$.documentName'),
            'a document') AS documents,
        COALESCE(errorcode, 'allowed') AS outcomes
    FROM calls
    WHERE eventsource = 'ssm.amazonaws.com'
        AND eventname = 'SendCommand'
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(sourceipaddress, '') NOT LIKE '%.amazonaws.com'
        AND COALESCE(json_extract_scalar(requestparameters, '$.documentName'), '') NOT IN (:quiet_documents)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT documents ORDER BY documents), 1, 20), ', ') AS documents,
    array_join(slice(array_agg(DISTINCT outcomes ORDER BY outcomes), 1, 20), ', ') AS outcomes, day
FROM found
GROUP BY account_id, region, actor, day
