-- rule: campaign
-- title: Same exploit attempted on several functions
-- severity: high
-- technique: T1190, T1595.002
-- every: 60
-- lookback: 3600
-- gap: 7200
-- story: Requests with one pattern ({pattern:hash}) caused guard findings in {functions_all} functions ({functions})
--   within {seconds:duration}: {rules}. {got_through} of {events} operations ran, because the guard was in observe
--   mode there.
-- do: Check whether this is a security test of your own. If not, block the callers in AWS WAF, set guard = block on
--   the functions in observe mode, and check the environments in which the operation ran.
-- explain: An attacker tries the same exploit on several of our functions.
-- sees: guard findings on at least `min_functions` functions whose requests have the same pattern of values or the
--   same caller.
-- misses: attackers who use a different payload and a different source address for each request.
-- suspects: guarded_functions
-- evidence: guard_findings_of_pattern
-- param_min_functions: 3 (UInt32) functions with guard findings
WITH
    told AS
    (
        SELECT account, region, function, environment, invocation, request_id, kind, technique, time, JSONExtractString(evidence, 'rule') AS guard_rule
        FROM findings
        WHERE kind IN ('guard.refused', 'guard.observed') AND environment IN {suspects:Array(UInt64)} AND time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
        LIMIT 1 BY environment, invocation, request_id, kind, guard_rule
    ),
    asked AS
    (
        SELECT environment, invocation, request_id, any(pattern) AS pattern, any(source) AS source
        FROM invocations
        WHERE time >= {start:DateTime64(3)} - INTERVAL 1 MINUTE AND time < {now:DateTime64(3)} + INTERVAL 1 MINUTE
            AND environment IN {suspects:Array(UInt64)}
        GROUP BY environment, invocation, request_id
    ),
    both AS
    (
        SELECT t.*, a.pattern AS pattern, a.source AS source
        FROM told AS t
        GLOBAL LEFT JOIN asked AS a ON a.environment = t.environment AND a.invocation = t.invocation AND a.request_id = t.request_id
    ),
    keyed AS
    (
        SELECT *, 'pattern' AS by, pattern AS key FROM both WHERE pattern != 0
        UNION ALL
        SELECT *, 'source' AS by, source AS key FROM both WHERE source != 0
    ),
    per_key AS
    (
        SELECT by, key, groupUniqArray(1000)(function) AS functions, uniqExact(function) AS functions_all, groupUniqArray(100)(environment) AS environments,
            uniqExact(environment) AS environments_all, groupUniqArrayIf(100)(source, source != 0) AS sources,
            groupUniqArray(100)(request_id) AS request_ids, count() AS events, countIf(kind = 'guard.observed') AS got_through,
            min(time) AS first_time, max(time) AS last_time, any(account) AS account, any(region) AS region,
            arraySort(groupUniqArray(10)(guard_rule)) AS rules, any(pattern) AS pattern
        FROM keyed
        GROUP BY by, key
        HAVING functions_all >= {min_functions:UInt32}
    ),
    -- A caller whose requests have one pattern is one campaign, not two.
    distinct_keys AS
    (
        SELECT *
        FROM per_key
        ORDER BY by = 'pattern' DESC, events DESC
        LIMIT 1 BY arraySort(functions)
    )
SELECT
    concat(by, ' ', hex(key)) AS subject_key,
    toStartOfHour(distinct_keys.first_time) AS episode,
    account, region, functions, environments, environments_all, sources, request_ids, events, first_time, last_time,
    toUInt8(multiIf(got_through > 0 AND functions_all >= 5, 5, got_through > 0 OR functions_all >= 5, 4, 3)) AS severity,
    arrayFilter(x -> x != '', [
        concat(toString(functions_all), ' functions, ', toString(events), ' guard findings, ', toString(length(sources)), ' callers'),
        if(by = 'pattern', 'the requests have one pattern', 'the requests come from one caller'),
        if(got_through > 0, concat(toString(got_through), ' of the operations ran: the guard was in observe mode'), 'all were blocked')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(key, if(by = 'pattern', key, pattern), functions_all, got_through, arrayStringConcat(rules, ', '), by),
        'Tuple(key UInt64, pattern UInt64, functions_all UInt64, got_through UInt64, rules String, by String)'
    )) AS facts
FROM distinct_keys
