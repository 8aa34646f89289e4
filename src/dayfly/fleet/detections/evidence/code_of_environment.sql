-- title: Code of the environments over time
-- function: String
-- version: String
-- before: UInt64
-- after: UInt64
SELECT environment_hex AS environment, code, since, until, invocations
FROM
(
    SELECT lower(leftPad(hex(i.environment), 16, '0')) AS environment_hex, lower(leftPad(hex(i.code), 16, '0')) AS code, min(i.time) AS since, max(i.time) AS until,
        count() AS invocations, i.environment AS id
    FROM invocations AS i
    WHERE i.function = {function:String} AND i.version = {version:String}
        AND i.code != 0 AND i.time >= {first_time:DateTime64(3)} - INTERVAL 1 HOUR AND i.time <= {last_time:DateTime64(3)}
    GROUP BY i.environment, i.code
)
WHERE id GLOBAL IN
(
    SELECT environment FROM invocations
    WHERE function = {function:String} AND code = {after:UInt64} AND code != {before:UInt64}
        AND time >= {first_time:DateTime64(3)} - INTERVAL 1 HOUR AND time <= {last_time:DateTime64(3)}
)
ORDER BY environment, since
LIMIT {most:UInt32}
