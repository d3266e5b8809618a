-- ---
-- id = "lints.sql-syntax"
-- title = "A parenthesis too many"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id"]
-- says = "{actor} signed in to {account_id}"
-- benign = ["A task that only root can do"]
-- steps = ["Ask the account's owner"]
-- ---
SELECT
    eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region,
    useridentity.arn AS actor, eventname AS action, eventsource AS resource,
    sourceipaddress AS source_ip, eventid AS event_id
FROM events
WHERE eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
    AND (errorcode IS NULL
