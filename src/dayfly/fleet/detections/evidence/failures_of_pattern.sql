-- title: Failed requests with this pattern
-- parameters: first_time, last_time, most, function, pattern
SELECT
    time, account, region, function, route, hex(environment) AS environment, request_id, status, outcome,
    round(duration_us / 1000, 1) AS milliseconds, hex(source) AS source, hex(principal) AS principal,
    hex(pattern) AS pattern, hex(subject) AS subject
FROM failures
WHERE time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
    AND function = {function:String} AND failures.pattern = {pattern:UInt64}
ORDER BY time
LIMIT {most:UInt32}
