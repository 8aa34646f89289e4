-- rule: infection_burst
-- title: New request pattern hit many environments in one burst
-- severity: high
-- technique: T1190, T1546
-- every: 60
-- lookback: 3600
-- gap: 3600
-- story: Within {burst:duration}, {requests} requests with one pattern ({pattern:hash}), new to {function}, reached
--   {environments} of its environments, {share:percent} of those active at the time. The pattern did not occur again.
--   {findings} of the requests caused guard findings or left residue.
-- do: Treat the environments as compromised: recycle all environments of the function now. Then check the requests,
--   fix the vulnerability, and list the affected requests of these environments.
-- explain: An attacker sent a payload to as many copies of our function as possible at once. Each copy got one
--   unusual request, and its effect may still be there.
-- sees: a pattern that is new to a function observed for `learned` seconds, comes from few callers, reaches
--   `min_environments` environments within `burst` seconds and stops. With findings or residue, severity is critical.
-- misses: payloads that look like normal requests (divergence and runtime findings detect their effect), bursts on
--   fewer environments, patterns that repeat too often, and the first `learned` seconds of a function.
-- suspects: sudden_patterns
-- evidence: requests_of_pattern
-- param_burst: 60 (UInt32) seconds within which nearly all requests of a burst arrive
-- param_silence: 120 (UInt32) seconds without the pattern before and after the burst
-- param_learned: 21600 (UInt32) seconds that a function must be observed before a pattern counts as new
-- param_min_environments: 5 (UInt32) environments that one burst reaches
-- param_most_per_environment: 40 (Float64) requests per environment; more is load, not a burst
-- param_most_callers: 60 (UInt32) callers; more is normal traffic
WITH
    hits AS MATERIALIZED
    (
        SELECT
            account, region, function, function_key, pattern, time, environment, request_id, source, principal,
            residue != 0 OR request_id IN (
                SELECT request_id FROM findings WHERE time >= {start:DateTime64(3)} - toIntervalHour(1) AND severity >= 3
            ) AS is_marked,
            toUnixTimestamp64Milli(time) - lagInFrame(toUnixTimestamp64Milli(time), 1, 0) OVER life AS pause
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)} AND pattern IN {suspect_patterns:Array(UInt64)}
            AND cityHash64(function_key, pattern) IN {suspects:Array(UInt64)}
        WINDOW life AS (
            PARTITION BY function_key, pattern ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
    ),
    numbered AS
    (
        SELECT *, sum(pause > 1000 * {silence:UInt32}) OVER life AS burst_number
        FROM hits
        WINDOW life AS (
            PARTITION BY function_key, pattern ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
    ),
    -- Since when each of these callers has called the function: a webhook's sender with a new kind of event is no stranger.
    acquainted AS
    (
        SELECT function_key, source, min(callers.first) AS known_since
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)} AND source IN (SELECT source FROM hits)
        GROUP BY function_key, source
    ),
    bursts AS
    (
        SELECT
            any(account) AS account, any(region) AS region, any(function) AS function, function_key, pattern, burst_number, count() AS requests, min(time) AS first_time, max(time) AS last_time,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(source) AS sources, uniqExact(source) AS callers, max(principal) AS signed_in,
            groupUniqArray(100)(request_id) AS request_ids, countIf(is_marked) AS marks,
            countIf(source = 0 OR known_since + toIntervalSecond({learned:UInt32}) > time) = 0 AS is_by_known,
            toFloat64(quantileExact(0.95)(toUnixTimestamp64Milli(time)) - quantileExact(0.05)(toUnixTimestamp64Milli(time))) / 1000
                AS burst
        FROM numbered
        GLOBAL LEFT JOIN acquainted USING (function_key, source)
        GROUP BY function_key, pattern, burst_number
        HAVING environments_all >= {min_environments:UInt32} AND burst <= {burst:UInt32} AND callers <= {most_callers:UInt32}
            AND requests <= {most_per_environment:Float64} * environments_all
            -- The silence must have been seen, not only not yet broken.
            AND last_time <= {now:DateTime64(3)} - toIntervalSecond({silence:UInt32})
    ),
    present AS
    (
        SELECT function_key, max(places) AS serving
        FROM
        (
            SELECT function_key, hour, uniqCombinedMerge(12)(environments) AS places
            FROM patterns
            WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
                AND function IN {suspect_functions:Array(String)}
            GROUP BY function_key, hour
        )
        GROUP BY function_key
    )
SELECT
    concat(function, ' ', hex(pattern)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, environments_all, sources, request_ids,
    requests AS events, first_time, last_time,
    toUInt8(multiIf(marks > 0, 5, is_by_known, 2, environments_all >= 0.5 * serving OR environments_all >= 40, 4, signed_in != 0, 2, 3)) AS severity,
    arrayFilter(reason -> reason != '', [
        'the pattern was new to this function',
        concat(toString(environments_all), ' environments within ', toString(round(burst, 1)), ' s, none after that'),
        if(marks > 0, concat(toString(marks), ' of the requests caused findings or left residue'), ''),
        if(signed_in != 0, 'the callers were signed in', ''),
        if(is_by_known, 'all callers have used this function for hours', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(pattern, requests, callers, burst, least(environments_all / greatest(serving, 1), 1.), marks),
        'Tuple(pattern UInt64, requests UInt64, callers UInt64, burst Float64, share Float64, findings UInt64)'
    )) AS facts
FROM bursts
LEFT JOIN present USING (function_key)
