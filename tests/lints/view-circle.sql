-- ---
-- id = "view_circle"
-- description = "Reads itself"
-- ---
SELECT eventid
FROM view_circle
