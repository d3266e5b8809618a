-- ---
-- id = "account.region-changed"
-- title = "Region of an account was enabled or disabled"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1535"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} ran {action} for {resource} in {account_id} ({occurrences}×)"
-- benign = ["The company starts to work in that region"]
-- steps = [
--     "If nobody planned it: look for instances and functions there, then aws account disable-region --region-name REGION",
--     "Check that CloudTrail, Config and GuardDuty cover the region",
-- ]
-- references = ["https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html", "https://attack.mitre.org/techniques/T1535/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.RegionName'),
            json_extract_scalar(requestparameters, '$.regionName'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(requestparameters, '$.accountId') AS target_account
    FROM calls
    WHERE eventsource = 'account.amazonaws.com'
        AND eventname IN ('EnableRegion', 'DisableRegion')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT target_account ORDER BY target_account), 1, 20), ', ') AS target_accounts
FROM found
GROUP BY account_id, actor, hour
