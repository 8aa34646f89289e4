-- title: Log records around the gaps, by sequence number
-- environment_list: Array(UInt64)
SELECT time, function, lower(leftPad(hex(environment), 16, '0')) AS environment, sequence, what
FROM
(
    SELECT time, function, environment, sequence, 'invocation' AS what FROM invocations
    WHERE environment IN {environment_list:Array(UInt64)}
        AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
    UNION ALL
    SELECT time, function, environment, sequence, toString(kind) AS what FROM findings
    WHERE environment IN {environment_list:Array(UInt64)}
        AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
)
ORDER BY environment, sequence
LIMIT {most:UInt32}
