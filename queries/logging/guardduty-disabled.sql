-- ---
-- id = "logging.guardduty-disabled"
-- title = "GuardDuty was switched off"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "resource"]
-- replaces = ["logging.guardduty-weakened", "activity.resource-deletion"]
-- says = "{actor} ran {action} on {resource} in {account_id}, {region}"
-- description = "Single protections that are switched off, and findings that are no longer exported, are in logging.guardduty-weakened."
-- benign = ["GuardDuty is being moved to another administrator account"]
-- steps = [
--     "Switch it on again: aws guardduty update-detector --detector-id DETECTOR --enable, or aws guardduty create-detector --enable",
--     "Stop the actor until it is explained: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of the role",
--     "List what the actor has done since then: trailbrief query --last 24h \"SELECT eventtime, eventname FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_suspend-disable.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
SELECT event_time, account_id, region, actor, action,
    COALESCE(json_extract_scalar(requestparameters, '$.detectorId'),
        json_extract_scalar(requestparameters, '$.adminAccountId'), 'unknown') AS resource,
    source_ip, event_id, json_format(json_extract(requestparameters, '$.features')) AS features,
    json_extract_scalar(requestparameters, '$.destinationId') AS destination
FROM calls
WHERE eventsource = 'guardduty.amazonaws.com'
    AND eventname IN ('DeleteDetector', 'UpdateDetector', 'DisableOrganizationAdminAccount')
    AND errorcode IS NULL
    AND (
        eventname <> 'UpdateDetector'
        OR json_extract_scalar(requestparameters, '$.enable') = 'false'
    )
