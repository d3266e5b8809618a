SELECT session, kind, how, access_key, role, session_name, since, issuer, candidates, hops, root, root_actor, event_id FROM sessions ORDER BY session;
SELECT s.root, count(*) AS calls FROM calls c JOIN sessions s ON s.access_key = c.access_key GROUP BY s.root ORDER BY calls DESC, 1;
