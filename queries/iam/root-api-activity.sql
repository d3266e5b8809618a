-- ---
-- id = "iam.root-api-activity"
-- title = "Root user made API calls"
-- severity = "critical"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0004:T1078.004"]
-- cis = ["4.3"]
-- about = ["account_id", "source_ip"]
-- says = "root of {account_id} made calls from {source_ip} ({occurrences}×); writing calls: {written}"
-- description = "Leaves out sign-in events, sessions of central root access (assumedRoot) and calls that a service makes for root. Calls that only read are high."
-- benign = ["The owner is doing a task that only root can do, as announced in advance"]
-- steps = [
--     "Call the account's owner now, by telephone: until they say that it was them, treat it as a theft",
--     "Review what was changed: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE useridentity.type = 'Root' AND readonly = 'false'\"",
--     "If nobody planned it, recover root from a mailbox that you trust, renew its MFA device and delete its keys; for a member account, from the management account: aws sts assume-root --target-principal ACCOUNT --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html", "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action, eventsource AS resource, source_ip, event_id,
        useridentity.accesskeyid AS access_key, CASE WHEN readonly = 'false' THEN 1 ELSE 0 END AS writes
    FROM calls
    WHERE useridentity.type = 'Root'
        AND eventname <> 'ConsoleLogin'
        AND eventtype NOT IN ('AwsServiceEvent', 'AwsConsoleSignIn')
        AND (useridentity.invokedby IS NULL OR useridentity.invokedby = 'signin.amazonaws.com')
        AND COALESCE(useridentity.sessioncontext.assumedroot, 'false') <> 'true'
),
names AS (
    SELECT account_id, actor, source_ip, action, MAX(writes) AS writes, MIN(event_time) AS first_time
    FROM found
    GROUP BY account_id, actor, source_ip, action
),
lists AS (
    SELECT account_id, actor, source_ip,
        array_join(slice(array_agg(action ORDER BY writes DESC, first_time, action), 1, 20), ', ') AS action,
        COALESCE(array_join(slice(array_agg(action ORDER BY first_time, action) FILTER (WHERE writes = 1), 1, 40),
            ', '), 'none') AS written
    FROM names
    GROUP BY account_id, actor, source_ip
)
SELECT MIN(c.event_time) AS first_seen, MAX(c.event_time) AS last_seen, c.account_id,
    array_join(slice(array_agg(DISTINCT c.region ORDER BY c.region), 1, 20), ', ') AS region, c.actor,
    l.action, array_join(slice(array_agg(DISTINCT c.resource ORDER BY c.resource), 1, 20), ', ') AS resource,
    c.source_ip, COUNT(DISTINCT c.event_id) AS occurrences,
    slice(array_agg(DISTINCT c.event_id ORDER BY c.event_id), 1, 20) AS event_ids,
    SUM(c.writes) AS writes, l.written,
    array_join(slice(array_agg(DISTINCT c.access_key ORDER BY c.access_key), 1, 20), ', ') AS access_keys,
    CASE WHEN SUM(c.writes) = 0 THEN 'high' END AS severity
FROM found c
INNER JOIN lists l
    ON l.account_id = c.account_id
    AND l.actor = c.actor
    AND l.source_ip IS NOT DISTINCT FROM c.source_ip
GROUP BY c.account_id, c.actor, c.source_ip, l.action, l.written
