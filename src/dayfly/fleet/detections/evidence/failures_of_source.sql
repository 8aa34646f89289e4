-- title: What the caller asked for that was refused or not found
-- source: UInt64
-- function: String
SELECT time, function, route, hex(environment) AS environment, request_id, status, outcome, hex(pattern) AS pattern,
    hex(subject) AS subject, hex(principal) AS principal
FROM invocations
WHERE time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)} AND function = {function:String}
    AND source = {source:UInt64} AND status >= 400
ORDER BY time
LIMIT {most:UInt32}
