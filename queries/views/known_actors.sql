-- ---
-- id = "known_actors"
-- description = """
-- Everybody of whom the baseline has habits, with the days on which they were seen first and last.
-- Detections of a first time join it: whatever a new actor does is new, so only that of a known one says something."""
-- [columns]
-- actor = "the principal, as `calls` has it; the id of a key of long life; or `account` and the id of a foreign account"
-- first_seen = "the first day, such as `2026-03-10`, at most 90 days ago"
-- last_seen = "the last day"
-- ---
SELECT actor, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen
FROM habits
GROUP BY actor
