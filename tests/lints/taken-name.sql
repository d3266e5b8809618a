-- ---
-- id = "history"
-- description = "Events of long ago"
-- ---
SELECT eventid
FROM events
