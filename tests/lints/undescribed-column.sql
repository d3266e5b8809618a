-- ---
-- id = "undescribed_column"
-- description = "Names without words"
-- ---
SELECT eventid, eventname AS action
FROM events
