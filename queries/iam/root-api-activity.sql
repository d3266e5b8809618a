-- ---
-- id = "iam.root-api-activity"
-- title = "Root user made API calls"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1078.004"]
-- cis = ["4.3"]
-- about = ["account_id", "source_ip"]
-- says = "root of {account_id} made calls from {source_ip} ({occurrences}×)"
-- description = "Leaves out sessions of central root access (assumedRoot) and calls that a service makes for root."
-- benign = ["The owner is doing a task that only root can do, as announced in advance"]
-- steps = [
--     "Ask the account's owner whether they used root on purpose",
--     "Review the calls that changed something first",
--     "If nobody planned it: change the root password, delete root access keys, end root's sessions",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html", "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html"]
-- ---
WITH calls AS (
    SELECT
        eventtime AS event_time,
        COALESCE(recipientaccountid, account) AS account_id,
        awsregion AS region,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.sessioncontext.sessionissuer.arn, useridentity.username,
            NULLIF(useridentity.principalid, ''), useridentity.invokedby, useridentity.type, 'unknown') AS actor,
        eventname AS action,
        eventsource AS resource,
        sourceipaddress AS source_ip,
        eventid AS event_id,
        useridentity.accesskeyid AS access_key,
        CASE WHEN readonly = 'false' THEN 1 ELSE 0 END AS writes
    FROM events
    WHERE useridentity.type = 'Root'
        AND eventname <> 'ConsoleLogin'
        AND eventtype <> 'AwsServiceEvent'
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(useridentity.sessioncontext.assumedroot, 'false') <> 'true'
)
SELECT
    MIN(event_time) AS first_seen,
    MAX(event_time) AS last_seen,
    account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region,
    actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids,
    SUM(writes) AS writes,
    array_join(slice(array_agg(DISTINCT access_key ORDER BY access_key), 1, 20), ', ') AS access_keys
FROM calls
GROUP BY account_id, actor, source_ip
