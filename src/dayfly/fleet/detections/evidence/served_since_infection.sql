-- title: Requests served by the compromised environments
-- function: String
-- environment_list: Array(UInt64)
SELECT time, lower(leftPad(hex(environment), 16, '0')) AS environment, worker, invocation, request_id, trigger, route, outcome, status
FROM invocations
WHERE function = {function:String} AND invocations.environment IN {environment_list:Array(UInt64)}
    AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
ORDER BY invocations.environment, invocation, time
LIMIT {most:UInt32}
