-- title: Requests of the caller
-- parameters: first_time, last_time, most, source
SELECT
    time, account, region, function, route, lower(leftPad(hex(environment), 16, '0')) AS environment, request_id, status, outcome,
    round(duration_us / 1000, 1) AS milliseconds, lower(leftPad(hex(source), 16, '0')) AS source, lower(leftPad(hex(principal), 16, '0')) AS principal,
    lower(leftPad(hex(pattern), 16, '0')) AS pattern, lower(leftPad(hex(subject), 16, '0')) AS subject
FROM invocations
WHERE time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
    AND invocations.source = {source:UInt64}
ORDER BY time
LIMIT {most:UInt32}
