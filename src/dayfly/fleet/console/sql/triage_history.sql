-- Everything that was decided about one subject, the newest first.
SELECT time, action, actor, reason, expires
FROM triage
WHERE subject = {subject:String}
ORDER BY time DESC
LIMIT 50
