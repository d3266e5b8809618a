-- ---
-- id = "lints.header-too-long"
-- title = "Says too much"
-- severity = "high"
-- status = "stable"
-- packs = ["hourly"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id"]
-- says = "{actor} signed in to {account_id}"
-- benign = ["A task that only root can do"]
-- steps = [
--     "Look at thing 0",
--     "Look at thing 1",
--     "Look at thing 2",
--     "Look at thing 3",
--     "Look at thing 4",
--     "Look at thing 5",
--     "Look at thing 6",
--     "Look at thing 7",
--     "Look at thing 8",
--     "Look at thing 9",
--     "Look at thing 10",
--     "Look at thing 11",
--     "Look at thing 12",
--     "Look at thing 13",
--     "Look at thing 14",
--     "Look at thing 15",
--     "Look at thing 16",
--     "Look at thing 17",
--     "Look at thing 18",
--     "Look at thing 19",
-- ]
-- ---
SELECT
    eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region,
    useridentity.arn AS actor, eventname AS action, eventsource AS resource,
    sourceipaddress AS source_ip, eventid AS event_id
FROM events
WHERE eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
