-- What the runtime found in one function, by kind.
SELECT kind, max(findings.severity) AS worst, any(findings.title) AS title, count() AS events, uniq(environment) AS environments, max(time) AS last_time,
    argMax(uid, time) AS latest_uid
FROM findings
WHERE function = {function:String} AND time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)} AND severity > 1
GROUP BY kind
ORDER BY worst DESC, events DESC
LIMIT 50
