-- title: Guard findings of these requests
-- by: String
-- key: UInt64
SELECT f.time AS time, f.function AS function, lower(leftPad(hex(f.environment), 16, '0')) AS environment, f.request_id AS request_id, f.kind AS kind, f.technique AS technique,
    f.message AS message, lower(leftPad(hex(i.source), 16, '0')) AS source, lower(leftPad(hex(i.pattern), 16, '0')) AS pattern
FROM findings AS f
GLOBAL INNER JOIN
(
    SELECT environment, invocation, source, pattern FROM invocations
    WHERE ({by:String} = 'pattern' AND pattern = {key:UInt64} OR {by:String} = 'source' AND source = {key:UInt64})
        AND time >= {first_time:DateTime64(3)} - INTERVAL 15 MINUTE AND time <= {last_time:DateTime64(3)} + INTERVAL 15 MINUTE
) AS i ON i.environment = f.environment AND i.invocation = f.invocation
WHERE f.kind IN ('guard.refused', 'guard.observed')
    AND f.time >= {first_time:DateTime64(3)} AND f.time <= {last_time:DateTime64(3)}
ORDER BY f.time
LIMIT {most:UInt32}
