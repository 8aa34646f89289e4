-- title: Invocations that left the residue
-- function: String
-- residue: UInt64
SELECT time, lower(leftPad(hex(environment), 16, '0')) AS environment, invocation, request_id, worker, trigger, route, outcome, lower(leftPad(hex(pattern), 16, '0')) AS pattern
FROM invocations
WHERE function = {function:String} AND residue = {residue:UInt64}
    AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
ORDER BY time
LIMIT {most:UInt32}
