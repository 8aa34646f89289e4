-- The infections that the runtime told of in some environments of some functions, each with the worker it happened in.
-- No environments: all of the functions.
WITH told AS
(
    SELECT DISTINCT
        time, function, environment, kind, invocation, request_id,
        toUInt32(JSONExtractUInt(evidence, 'worker')) AS told_worker,
        kind = 'environment.infected' AND JSONExtractBool(evidence, 'asked_for_more') AS is_rogue
    FROM findings
    WHERE kind IN ('residue.memory', 'residue.code', 'residue.kept-file', 'environment.infected', 'environment.not-clean')
        AND function IN {functions:Array(String)}
        AND (empty({environments:Array(UInt64)}) OR environment IN {environments:Array(UInt64)})
        AND time >= fromUnixTimestamp64Milli({first_milliseconds:Int64}, 'UTC')
        AND time <= fromUnixTimestamp64Milli({last_milliseconds:Int64}, 'UTC')
)
SELECT
    told.environment AS environment, told.invocation AS number, told.request_id AS request_id, any(told.kind) AS kind,
    any(told.function) AS function,
    toUnixTimestamp64Milli(min(told.time)) AS milliseconds, max(greatest(told.told_worker, at.at_worker)) AS worker,
    max(told.is_rogue) AS is_rogue
FROM told
GLOBAL LEFT JOIN
(
    SELECT environment, invocation, any(worker) AS at_worker
    FROM invocations
    WHERE (environment, invocation) GLOBAL IN (SELECT environment, invocation FROM told)
        AND function IN {functions:Array(String)}
        AND time >= fromUnixTimestamp64Milli({first_milliseconds:Int64}, 'UTC') - INTERVAL 1 HOUR
        AND time <= fromUnixTimestamp64Milli({last_milliseconds:Int64}, 'UTC') + INTERVAL 1 HOUR
    GROUP BY environment, invocation
) AS at ON at.environment = told.environment AND at.invocation = told.invocation
GROUP BY environment, number, request_id
ORDER BY environment, number
