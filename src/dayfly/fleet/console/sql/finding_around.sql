-- What the runtime found in the same environment before and after, for the timeline.
SELECT time, kind, severity, title, message, uid
FROM findings
WHERE function = {function:String} AND environment = {environment:UInt64} AND severity > 1
    AND time >= {first:DateTime64(3)} - INTERVAL 1 HOUR AND time <= {first:DateTime64(3)} + INTERVAL 6 HOUR
ORDER BY time
LIMIT 30
