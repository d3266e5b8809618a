-- ---
-- id = "lints.unused-param"
-- title = "A declaration without parameter"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id"]
-- says = "{actor} signed in to {account_id}"
-- benign = ["A task that only root can do"]
-- params.min_denied = { type = "integer", default = 20, about = "How many are too many" }
-- steps = ["Ask the account's owner"]
-- ---
SELECT
    eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region,
    useridentity.arn AS actor, eventname AS action, eventsource AS resource,
    sourceipaddress AS source_ip, eventid AS event_id
FROM events
WHERE eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
