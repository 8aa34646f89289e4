-- rule: foothold
-- title: Compromised environments still serve requests
-- severity: high
-- technique: T1574, T1546
-- every: 30
-- lookback: 43200
-- gap: 43200
-- story: {environments} environments of {function} served requests after they were compromised {age:duration} ago
--   ({first_time:time}): {served} requests since then, the last at {last_time:time}. Evidence: {kinds}.
-- do: Recycle the environments now. Then list the affected requests (`dayfly fleet affected`) to notify users, and
--   fix the vulnerability: the finding of the source request shows it.
-- explain: These copies of the function were compromised, and requests are still sent to them.
-- sees: invocations after residue.memory, residue.code, environment.infected, residue.served, or code execution that
--   the guard observed, in the same worker, or in any worker if nothing isolates them.
-- misses: compromises that neither the guard nor the memory check detected.
-- suspects: infected_environments
-- evidence: served_since_infection
-- param_old: 600 (UInt32) seconds since the compromise after which severity increases
-- param_many: 100 (UInt32) requests since the compromise after which severity is critical
WITH
    signs AS
    (
        SELECT account, region, function, environment, kind, invocation, request_id, time,
            toUInt32(JSONExtractUInt(evidence, 'worker')) AS told_worker,
            JSONExtractString(evidence, 'rule') AS guard_rule
        FROM findings
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND environment IN {suspects:Array(UInt64)}
            AND (kind IN ('residue.memory', 'residue.code', 'environment.infected', 'residue.served', 'environment.not-clean')
                OR (kind = 'guard.observed' AND (technique LIKE 'T1059%' OR technique LIKE 'T1574%')))
    ),
    infected AS
    (
        SELECT account, region, function, environment, min(time) AS infected_at,
            argMin(invocation, (time, invocation)) AS first_number, groupUniqArray(kind) AS kinds,
            min(if(invocation > 0, invocation, 4294967295)) AS least_number,
            groupUniqArray(invocation) AS numbers, groupUniqArrayIf((told_worker, invocation), told_worker != 0) AS told_workers
        FROM signs
        GROUP BY account, region, function, environment
    ),
    homes AS
    (
        SELECT environment, argMax(isolation, time) AS isolation, argMax(memory, time) AS memory
        FROM environments
        WHERE environment IN {suspects:Array(UInt64)}
        GROUP BY environment
    ),
    later AS
    (
        SELECT environment, time, invocation, worker, request_id
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND environment IN {suspects:Array(UInt64)}
        LIMIT 1 BY environment, time, invocation, request_id
    ),
    -- The workers in which an infection was told of.
    workers AS
    (
        SELECT l.environment AS environment, groupUniqArrayIf((l.worker, l.invocation), l.worker != 0 AND has(i.numbers, l.invocation)) AS bad
        FROM later AS l
        GLOBAL INNER JOIN infected AS i ON i.environment = l.environment
        GROUP BY environment
    ),
    exposed AS
    (
        SELECT i.account AS account, i.region AS region, i.function AS function, i.environment AS environment,
            i.infected_at AS infected_at, i.kinds AS kinds, h.isolation AS isolation,
            if(i.least_number = 4294967295, l.time > i.infected_at, l.invocation > i.least_number) AND l.environment != 0 AS is_later,
            arrayExists(b -> b.1 = l.worker AND b.2 < l.invocation, arrayConcat(w.bad, i.told_workers)) AS is_same_worker,
            h.isolation NOT IN ('invocation', 'window') OR h.memory = 'open'
                OR hasAny(i.kinds, ['residue.code', 'environment.infected', 'environment.not-clean'])
                OR l.worker = 0 AS is_shared,
            l.time AS time, l.request_id AS request_id
        FROM infected AS i
        GLOBAL INNER JOIN later AS l ON l.environment = i.environment
        GLOBAL LEFT JOIN homes AS h ON h.environment = i.environment
        GLOBAL LEFT JOIN workers AS w ON w.environment = i.environment
    ),
    per_function AS
    (
        SELECT account, region, function, count() AS served, uniqExact(environment) AS still,
            groupUniqArray(100)(environment) AS environments, min(infected_at) AS first_time, max(exposed.time) AS last_time,
            arraySort(arrayDistinct(arrayFlatten(groupArray(kinds)))) AS kinds, countIf(is_same_worker) AS certain,
            groupUniqArray(100)(request_id) AS requests
        FROM exposed
        WHERE is_later AND (is_same_worker OR is_shared)
        GROUP BY account, region, function
    )
SELECT
    concat(function, ' ', account, ' ', region) AS subject_key,
    first_time AS episode,
    account, region, [function] AS functions, environments, still AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, requests AS request_ids, served AS events, first_time, last_time,
    toUInt8(multiIf(
        served >= {many:UInt32} OR has(kinds, 'environment.infected'), 5,
        last_time >= first_time + toIntervalSecond({old:UInt32}) OR served >= 10, 4,
        3)) AS severity,
    arrayFilter(x -> x != '', [
        concat(toString(still), ' environments served ', toString(served), ' requests since then'),
        if(certain > 0, concat(toString(certain), ' of them in the compromised worker itself'), ''),
        concat('the last request came ', toString(intDiv(toUnixTimestamp(last_time) - toUnixTimestamp(first_time), 60)), ' minutes after the first compromise'),
        concat('evidence: ', arrayStringConcat(kinds, ', '))
    ]) AS reasons,
    toJSONString(CAST(
        tuple(function, served, certain, toUnixTimestamp({now:DateTime64(3)}) - toUnixTimestamp(first_time), arrayStringConcat(kinds, ', '), environments),
        'Tuple(function String, served UInt64, certain UInt64, age Int64, kinds String, environment_list Array(UInt64))'
    )) AS facts
FROM per_function
