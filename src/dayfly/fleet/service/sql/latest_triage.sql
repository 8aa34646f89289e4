-- What was decided last about {subject}.
SELECT action, actor, reason, expires, time
FROM triage
WHERE subject = {subject:String} AND action != 'retire'
ORDER BY time DESC
LIMIT 1
