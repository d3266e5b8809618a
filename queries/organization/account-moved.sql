-- ---
-- id = "organization.account-moved"
-- title = "Account was moved to another unit of the organization or departed"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0005:T1666"]
-- cis = ["4.15"]
-- about = ["account_id", "actor", "hour"]
-- says = "{actor} ran {action} for accounts {resource}, destination {destinations} ({occurrences}×)"
-- description = "An account that leaves by itself writes LeaveOrganization into its own log; the management account sees only that it departed."
-- benign = ["The units of the organization are being rearranged"]
-- steps = [
--     "Compare the policies of both units: aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id TARGET",
--     "If the account lost guardrails and nobody planned it, move it back: aws organizations move-account",
-- ]
-- references = ["https://docs.aws.amazon.com/organizations/latest/userguide/move_account_to_ou.html", "https://attack.mitre.org/techniques/T1666/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.accountId'),
            json_extract_scalar(serviceeventdetails, '$.accountId'),
            json_extract_scalar(serviceeventdetails, '$.departedAccountId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour,
        json_extract_scalar(requestparameters, '$.destinationParentId') AS destination
    FROM calls
    WHERE eventsource = 'organizations.amazonaws.com'
        AND eventname IN ('MoveAccount', 'AccountDepartedOrganization')
        AND errorcode IS NULL
        AND COALESCE(useridentity.invokedby, '') <> 'controltower.amazonaws.com'
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour,
    array_join(slice(array_agg(DISTINCT destination ORDER BY destination), 1, 20), ', ') AS destinations
FROM found
GROUP BY account_id, actor, hour
