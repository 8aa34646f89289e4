-- Findings of weight in one function's environments, for the lifelines.
SELECT environment, time, kind, severity, uid
FROM findings
WHERE function = {function:String} AND time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)} AND severity >= 3
ORDER BY severity DESC, time
LIMIT 2000
