-- The environments that a detection names: when each served in the two hours around it, and whether it serves still.
SELECT function, environment, min(time) AS first_time, max(time) AS last_time, count() AS invocations,
    countIf(time > {last:DateTime64(3)}) AS afterwards
FROM invocations
WHERE function IN {functions:Array(String)} AND environment IN {environments:Array(UInt64)}
    AND time >= {first:DateTime64(3)} - INTERVAL 2 HOUR AND time <= {last:DateTime64(3)} + INTERVAL 24 HOUR
GROUP BY function, environment
ORDER BY last_time DESC, environment
LIMIT 100
