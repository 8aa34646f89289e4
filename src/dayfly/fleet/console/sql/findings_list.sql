-- Findings of the runtime that are more than information, one row for each function, kind and hour, the newest first.
SELECT
    function,
    kind,
    toStartOfHour(time) AS hour,
    max(findings.severity) AS worst,
    any(findings.title) AS title,
    argMax(findings.technique, time) AS technique,
    argMax(findings.message, time) AS message,
    argMax(uid, time) AS latest_uid,
    count() AS events,
    uniq(environment) AS environments,
    min(time) AS first_time,
    max(time) AS last_time
FROM findings
WHERE time >= {start:DateTime64(3)} AND time <= {end:DateTime64(3)}
    AND findings.severity >= {severity:UInt8} AND findings.severity > 1
    AND ({function:String} = '' OR function = {function:String})
    AND ({kind:String} = '' OR kind = {kind:String})
    AND ({search:String} = '' OR positionCaseInsensitiveUTF8(concat(findings.title, ' ', findings.message, ' ', function, ' ', kind, ' ', uid), {search:String}) > 0)
GROUP BY function, kind, hour
HAVING (last_time, latest_uid) < ({before:DateTime64(3)}, {before_uid:String})
ORDER BY last_time DESC, latest_uid DESC
LIMIT {most:UInt32}
