-- ---
-- id = "iam.root-recovery-requested"
-- title = "Recovery of the root password or a new root e-mail address was requested"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0006:T1110"]
-- about = ["account_id", "actor", "hour"]
-- says = "somebody at {source_ip} asked to recover root of {resource} ({occurrences}×)"
-- description = "Anybody who knows root's e-mail address can ask; the password changes only with a link sent to it."
-- benign = ["The owner forgot the password and is recovering it"]
-- steps = [
--     "Ask the account's owner whether they asked for it",
--     "Warn the owner of root's mailbox: the next step of an attacker is the link in that mail",
--     "Look for PasswordRecoveryCompleted or a root sign-in afterwards (iam.root-recovered, iam.root-console-login)",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/reset-root-password.html", "https://attack.mitre.org/techniques/T1110/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(requestparameters, '$.accountId'), recipientaccountid, account) AS resource,
        source_ip, event_id, substr(eventtime, 1, 13) AS hour
    FROM calls
    WHERE eventsource IN ('signin.amazonaws.com', 'account.amazonaws.com')
        AND eventname IN ('PasswordRecoveryRequested', 'StartPrimaryEmailUpdate')
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, hour
FROM found
GROUP BY account_id, actor, hour
