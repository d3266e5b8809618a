-- ---
-- id = "activity.attack-tool"
-- title = "Calls were made with a tool or system that attackers use"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} called {account_id} with {agents} ({occurrences}×: {action})"
-- description = "Goes by the user agent, which anybody can change. Any outcome."
-- benign = ["A penetration test is under way", "A scanner of your own looks for leaked keys"]
-- steps = [
--     "If no test is announced, stop the key: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive",
--     "Find where the key leaked: TruffleHog tries keys that it finds in code",
--     "List what the actor did before and after: trailbrief query --last 24h \"SELECT eventtime, eventname, errorcode FROM events WHERE useridentity.arn = 'ACTOR'\"",
-- ]
-- references = ["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html", "https://attack.mitre.org/techniques/T1078/004/"]
-- ---
WITH found AS (
    SELECT event_time, substr(eventtime, 1, 10) AS day, account_id, region, actor, action,
        eventsource AS resource, source_ip, event_id, substr(useragent, 1, 80) AS agents
    FROM calls
    WHERE (
            useragent LIKE '%pacu%'
            OR useragent LIKE '%TruffleHog%'
            OR useragent LIKE '%trufflehog%'
            OR useragent LIKE '%ScoutSuite%'
            OR useragent LIKE '%cloudfox%'
            OR useragent LIKE '%CloudFox%'
            OR useragent LIKE '%aws_consoler%'
            OR useragent LIKE '%kali%'
            OR useragent LIKE '%parrot%'
            OR useragent LIKE '%pentoo%'
            OR useragent LIKE '%BlackArch%'
            OR useragent LIKE '%enumerate-iam%'
            OR useragent LIKE '%S3 Browser%'
        )
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    array_join(slice(array_agg(DISTINCT agents ORDER BY agents), 1, 20), ', ') AS agents, day
FROM found
GROUP BY account_id, actor, day
