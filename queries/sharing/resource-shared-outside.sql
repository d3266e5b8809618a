-- ---
-- id = "sharing.resource-shared-outside"
-- title = "Another account was given access to resources"
-- severity = "medium"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0010:T1537"]
-- about = ["account_id", "actor", "stranger", "day"]
-- replaces = ["secrets.policy-changed"]
-- says = "{actor} gave account {stranger}, which is not known, access to {resource} in {account_id} ({action}, {occurrences}×)"
-- description = "Reads policies of buckets, keys, secrets, topics, queues, repositories, file systems and more, key grants, resource shares and shared documents. An account is known if it is in accounts or in the watchlist partner-accounts. Trust policies are in iam.role-trust-opened, snapshots and images in sharing.snapshot-shared, access for everybody in sharing.resource-public."
-- benign = ["The other account is yours and missing in accounts", "A service of a vendor is being connected"]
-- steps = [
--     "Ask who the account belongs to: its owner, a contract, the ticket. An account that nobody knows is the thief's",
--     "Take the access back with the former policy, aws kms revoke-grant --key-id KEY --grant-id GRANT, or aws ram disassociate-resource-share --resource-share-arn SHARE --principals ACCOUNT",
--     "See what it fetched: trailbrief query --last 24h \"SELECT eventtime, eventname, requestparameters FROM events WHERE useridentity.accountid = 'ACCOUNT'\"",
--     "Add the account to the watchlist partner-accounts if the access is wanted",
-- ]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html", "https://attack.mitre.org/techniques/T1537/"]
-- [params.aws_accounts]
-- type = "text-list"
-- default = ["127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648", "589379963580", "718504428378", "383597477331", "600734575887", "114774131450", "783225319266", "582318560864", "985666609251", "054676820928", "156460612806", "652711504416", "635631232127", "009996457667", "897822967062", "076674570225", "507241528517"]
-- about = "Accounts of AWS itself, such as those that write the access logs of load balancers"
-- ---
WITH given AS (
    SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id,
        principal_account AS stranger, substr(event_time, 1, 10) AS day
    FROM policy_grants
    WHERE eventsource <> 'lambda.amazonaws.com'
        AND policy_kind = 'resource'
        AND effect = 'Allow'
        AND principal_kind = 'other account'
        AND principal_account NOT IN (:aws_accounts)
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, stranger, day
FROM given
GROUP BY account_id, actor, stranger, day
