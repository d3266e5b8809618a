-- ---
-- id = "account.marketplace-agreement"
-- title = "Agreements to pay for products of AWS Marketplace were accepted"
-- severity = "low"
-- status = "stable"
-- packs = ["daily"]
-- attack = ["TA0040:T1496"]
-- about = ["account_id", "actor", "day"]
-- says = "{actor} accepted agreements of AWS Marketplace in {account_id} ({occurrences}×): {resource}"
-- description = "Products of Marketplace are paid by the account; models of other makers in Bedrock are among them."
-- benign = ["A team buys a product or begins to use a model"]
-- steps = [
--     "If nobody expects it, cancel the subscription: AWS Marketplace console, Manage subscriptions",
--     "Stop the actor: aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive, or revoke the sessions of its role",
--     "Look for calls to models: trailbrief query --last 24h \"SELECT useridentity.arn, eventname, count(*) FROM events WHERE eventsource = 'bedrock.amazonaws.com' GROUP BY 1, 2\"",
-- ]
-- references = ["https://docs.aws.amazon.com/marketplace/latest/APIReference/logging-agreement-api-calls-with-cloudtrail.html", "https://attack.mitre.org/techniques/T1496/"]
-- ---
WITH found AS (
    SELECT event_time, account_id, region, actor, action,
        COALESCE(json_extract_scalar(responseelements, '$.agreementId'),
            json_extract_scalar(requestparameters, '$.agreementRequestId'), 'unknown') AS resource,
        source_ip, event_id, substr(eventtime, 1, 10) AS day
    FROM calls
    WHERE eventsource = 'agreement-marketplace.amazonaws.com'
        AND eventname = 'AcceptAgreementRequest'
        AND errorcode IS NULL
)
SELECT MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, account_id,
    array_join(slice(array_agg(DISTINCT region ORDER BY region), 1, 20), ', ') AS region, actor,
    array_join(slice(array_agg(DISTINCT action ORDER BY action), 1, 20), ', ') AS action,
    array_join(slice(array_agg(DISTINCT resource ORDER BY resource), 1, 20), ', ') AS resource,
    array_join(slice(array_agg(DISTINCT source_ip ORDER BY source_ip), 1, 20), ', ') AS source_ip,
    COUNT(DISTINCT event_id) AS occurrences,
    slice(array_agg(DISTINCT event_id ORDER BY event_id), 1, 20) AS event_ids, day
FROM found
GROUP BY account_id, actor, day
