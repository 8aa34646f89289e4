-- When a function's environments were retired by hand.
SELECT time, actor, reason
FROM triage
WHERE subject = {subject:String} AND action = 'retire' AND time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
ORDER BY time DESC
LIMIT 20
