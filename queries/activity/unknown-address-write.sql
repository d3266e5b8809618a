-- ---
-- id = "activity.unknown-address-write"
-- title = "Changes were made from outside the trusted ranges"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1078.004"]
-- about = ["account_id", "actor"]
-- says = "{actor} made changes in {account_id} from outside the trusted ranges (calls: {occurrences}, addresses: {addresses})"
-- description = "Does not fire while the watchlist trusted-cidrs is empty. Covers management events only. Reports one finding per principal: a role is one principal, but each user of a single sign-on role is one of their own. A service's name in place of the address counts as outside: it hides where the caller is."
-- benign = ["Somebody is working from a new place", "Functions or instances reach AWS from addresses that are not on the list"]
-- steps = [
--     "Ask who is behind the principal",
--     "Review the changes",
--     "Add the range to the watchlist trusted-cidrs if it is yours, or suppress the principal if it has no fixed address",
-- ]
-- references = ["https://attack.mitre.org/techniques/T1078/004/"]
-- needs = ["watchlist:trusted-cidrs"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, principal AS actor, action, eventsource AS resource, source_ip,
        event_id, COALESCE(trim(split_part(sourceipaddress, ',', 1)), 'unknown') AS address
    FROM calls
    WHERE readonly = 'false'
        AND COALESCE(managementevent, 'true') = 'true'
        AND COALESCE(errorcode, '200') = '200'
        AND eventtype IN ('AwsApiCall', 'AwsConsoleAction')
        AND useridentity.type <> 'AWSService'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        -- Only services assume these roles.
        AND COALESCE(useridentity.arn, '') NOT LIKE '%:assumed-role/AWSServiceRole%'
),
verdicts AS (
    SELECT c.address,
        MAX(CASE
            WHEN w.value = c.address
                OR COALESCE(TRY(contains(w.value, TRY_CAST(c.address AS IPADDRESS))), false) THEN 1
            ELSE 0
        END) AS trusted
    FROM found c
    CROSS JOIN watchlist w
    WHERE w.list = 'trusted-cidrs'
    GROUP BY c.address
),
unknown AS (
    SELECT c.event_time, c.account_id, c.region, c.actor, c.action, c.resource, c.source_ip, c.event_id
    FROM found c
    JOIN verdicts v ON v.address = c.address
    WHERE v.trusted = 0
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    COUNT(DISTINCT source_ip) AS addresses
FROM unknown
GROUP BY account_id, actor
