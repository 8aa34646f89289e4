-- rule: wallet_burst
-- title: Denial of wallet: few callers cause extreme run time
-- severity: high
-- technique: T1496.004, T1499.003
-- every: 60
-- lookback: 3600
-- gap: 7200
-- story: {who} used {run:duration} of run time of {function} within {seconds:duration} ({events} invocations of
--   {mean} s). A usual hour of the whole function is {usual:duration}. {environments} environments served these
--   requests.
-- do: Set a limit now (reserved concurrency of the function, a rate limit per caller in API Gateway). Then check the
--   requests. If it is a load test of yours, mute its caller.
-- explain: An attacker sends many slow requests at once, and Lambda starts as many copies as needed, at our cost.
-- sees: one caller, or one pattern from at most `most_callers` callers, that uses at least `times_usual` times the
--   run time of the function's usual hour. Traffic peaks have many callers and patterns; queue backlogs have no
--   callers. For signed-in callers (load tests, partners) the threshold is twice as high and severity is low.
-- misses: floods of cheap requests from thousands of addresses with thousands of patterns (use AWS Shield).
-- suspects: sudden_costs
-- evidence: requests_of_caller_or_pattern
-- param_min_seconds: 900 (UInt32) minimum run time in seconds within an hour
-- param_times_usual: 1.5 (Float64) factor over the function's usual hour
-- param_most_callers: 200 (UInt32) callers; more is normal traffic
-- param_window: 900 (UInt32) seconds that contain half of the run time
WITH
    -- Whoever is suspected on another function is sorted out by `key` below.
    calls AS
    (
        SELECT
            account, region, function, function_key, time, environment, request_id, source, principal, pattern, duration_us,
            arrayJoin([
                ('caller', cityHash64(function_key, source), source),
                ('pattern', cityHash64(function_key, pattern), pattern)
            ]) AS kind_key,
            kind_key.1 AS kind, kind_key.2 AS key, kind_key.3 AS who
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND source != 0
            AND function IN {suspect_functions:Array(String)}
            AND (source IN {suspect_callers:Array(UInt64)} OR pattern IN {suspect_patterns:Array(UInt64)})
    ),
    storms AS
    (
        SELECT
            any(account) AS account, any(region) AS region, any(function) AS function, any(function_key) AS function_key, key, any(kind) AS kind, any(who) AS who,
            count() AS requests, sum(duration_us) / 1e6 AS run,
            min(time) AS begin, max(time) AS end,
            quantilesExact(0.25, 0.75)(time) AS quartiles, dateDiff('second', quartiles[1], quartiles[2]) AS half,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(source) AS sources, uniqExact(source) AS callers,
            groupUniqArray(100)(request_id) AS request_ids, max(principal) AS signed_in
        FROM calls
        WHERE key IN {suspects:Array(UInt64)}
        GROUP BY key
        HAVING run >= {min_seconds:UInt32} AND callers <= {most_callers:UInt32} AND half <= {window:UInt32}
    ),
    usual AS
    (
        SELECT function_key, quantile(0.75)(seconds_hour) AS usual_hour
        FROM
        (
            SELECT function_key, toStartOfHour(slot) AS hour, sum(duration_us) / 1e6 AS seconds_hour
            FROM routes
            WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
                AND function IN {suspect_functions:Array(String)}
            GROUP BY function_key, hour
        )
        GROUP BY function_key
    )
SELECT
    concat(function, ' ', kind, ' ', hex(who)) AS subject_key,
    toStartOfHour(begin) AS episode,
    account, region, [function] AS functions, environments, environments_all, sources, request_ids,
    requests AS events, begin AS first_time, end AS last_time,
    toUInt8(if(signed_in != 0, 2, 4)) AS severity,
    arrayFilter(reason -> reason != '', [
        concat(toString(round(run)), ' s of run time, ', toString(round(run / greatest(usual_hour, 1), 1)), ' usual hours'),
        concat(toString(round(run / requests, 2)), ' s for each invocation'),
        if(callers > 1, concat('from ', toString(callers), ' callers'), ''),
        if(signed_in != 0, 'the caller is signed in', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(
            who, kind, if(kind = 'caller' OR callers = 1, 'One caller', concat(toString(callers), ' callers with one request pattern')),
            run, usual_hour, round(run / requests, 2)
        ),
        'Tuple(key UInt64, kind String, who String, run Float64, usual Float64, mean Float64)'
    )) AS facts
FROM storms
INNER JOIN usual USING (function_key)
-- Signed-in callers may cost more before it is a detection.
WHERE run >= if(signed_in != 0, 2, 1) * {times_usual:Float64} * usual_hour
-- A pattern says more than each of its callers; of several patterns the most expensive is reported.
ORDER BY kind DESC, run DESC, key
LIMIT 1 BY account, region, function, toStartOfHour(begin)
