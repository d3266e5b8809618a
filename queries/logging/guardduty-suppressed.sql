-- ---
-- id = "logging.guardduty-suppressed"
-- title = "GuardDuty was made to hide findings"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1562.001"]
-- about = ["account_id", "region", "actor", "day"]
-- says = "{actor} ran {action} ({resource}) in {account_id}, {region}: findings that match are archived or never made"
-- description = "Covers filters that archive, and lists of trusted addresses that are active."
-- benign = ["A known false alarm is being suppressed, with a record of it"]
-- steps = [
--     "Read what it hides: aws guardduty get-filter --detector-id DETECTOR --filter-name NAME, or the list at its location",
--     "Delete it if it is not documented: aws guardduty delete-filter --detector-id DETECTOR --filter-name NAME",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/guardduty/latest/ug/findings_suppression-rule.html", "https://attack.mitre.org/techniques/T1562/001/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.name'),
            json_extract_scalar(requestparameters, '$.filterName'),
            json_extract_scalar(requestparameters, '$.location'),
            json_extract_scalar(requestparameters, '$.ipSetId'),
            'unknown') AS resource,
        source_ip, event_id
    FROM calls
    WHERE eventsource = 'guardduty.amazonaws.com'
        AND eventname IN ('CreateFilter', 'UpdateFilter', 'CreateIPSet', 'UpdateIPSet', 'CreateTrustedEntitySet',
            'UpdateTrustedEntitySet')
        AND errorcode IS NULL
        AND (
            json_extract_scalar(requestparameters, '$.action') = 'ARCHIVE'
            OR json_extract_scalar(requestparameters, '$.activate') = 'true'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id, region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, region, actor, day
