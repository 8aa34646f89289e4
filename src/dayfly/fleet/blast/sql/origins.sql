-- Where an infection began, from one finding of the runtime by its identity; `residue.served` leads to its source request.
WITH told AS
(
    SELECT
        time, function, environment, uid, kind, request_id,
        if(kind = 'residue.served', toUInt32(JSONExtractUInt(evidence, 'invocation_of_source')), invocation) AS number,
        if(kind = 'residue.served', source_request, request_id) AS zero,
        toUInt32(JSONExtractUInt(evidence, 'worker')) AS told_worker,
        kind = 'environment.infected' AND JSONExtractBool(evidence, 'asked_for_more') AS is_rogue
    FROM findings
    WHERE uid = {identity:String}
)
SELECT
    told.environment AS environment, told.number AS number, told.zero AS request_id, told.kind AS kind,
    any(told.function) AS function,
    toUnixTimestamp64Milli(min(if(told.kind = 'residue.served' AND at.at_time > 0, at.at_time, told.time))) AS milliseconds,
    max(greatest(told.told_worker, at.at_worker)) AS worker, max(told.is_rogue) AS is_rogue
FROM told
GLOBAL LEFT JOIN
(
    SELECT environment, invocation, any(worker) AS at_worker, min(time) AS at_time
    FROM invocations
    WHERE (environment, invocation) GLOBAL IN (SELECT environment, number FROM told)
        AND function GLOBAL IN (SELECT function FROM told)
        AND time >= (SELECT min(time) FROM told) - INTERVAL 1 DAY
        AND time <= (SELECT max(time) FROM told) + INTERVAL 1 HOUR
    GROUP BY environment, invocation
) AS at ON at.environment = told.environment AND at.invocation = told.number
GROUP BY environment, number, request_id, kind
ORDER BY milliseconds
