-- rule: slow_leech
-- title: Few callers use far more run time than others
-- severity: medium
-- technique: T1496.004, T1499.003
-- every: 300
-- lookback: 21600
-- gap: 21600
-- limit: 20
-- story: {who} invoked {function} {events} times in {seconds:duration}. Each invocation took {mean} s; {usual} s are
--   usual on the same routes; {ending}. That is {share:percent} of the function's billed duration, and
--   {gigabyte_seconds} GB-seconds at 1 GB of memory.
-- do: Check what these requests ask for (input that makes a regular expression, a query or a download slow) and limit
--   that work. Lower the function's timeout to what normal requests need, and block the callers. A budget alarm does
--   not stop this.
-- explain: An attacker found a request that keeps our function busy for as long as possible, and sends it from time
--   to time: too seldom for a rate limit, often enough to cost money.
-- sees: callers, or one pattern from any number of callers, whose invocations take `times_usual` times as long as
--   others on the same routes and `min_seconds` in total.
-- misses: invocations that Lambda ended at the timeout without a Dayfly record, events without a caller (queues),
--   slow invocations of all callers at once (an outage), slow functions where the factor stays below `times_usual`,
--   and callers present for the whole day before. Heavy legitimate users look the same: signed-in callers known for
--   long are reported at low severity.
-- suspects: costly_calls
-- evidence: requests_of_caller_or_pattern
-- param_min_requests: 12 (UInt32) minimum number of invocations
-- param_min_seconds: 120 (UInt32) minimum total run time in seconds
-- param_min_mean: 0.8 (Float64) minimum mean duration in seconds
-- param_times_usual: 4.0 (Float64) factor over other invocations on the same routes
-- param_min_share: 0.01 (Float64) share of the function's run time
WITH
    -- Whoever is suspected on another function is sorted out by `key` below.
    calls AS MATERIALIZED
    (
        SELECT
            function_key, route, time, environment, request_id, source, principal, pattern, duration_us, outcome,
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
    -- What all calls of a route take, the leech's own among them: where it is most of them, the day before tells.
    usual AS
    (
        SELECT
            function_key, route,
            sumIf(duration_us, slot < {start:DateTime64(3)}) / greatest(sumIf(requests, slot < {start:DateTime64(3)}), 1) / 1e6 AS before,
            sumIf(requests, slot < {start:DateTime64(3)}) AS requests_before,
            sumIf(duration_us, slot >= {start:DateTime64(3)}) / 1e6 AS seconds_now,
            sumIf(requests, slot >= {start:DateTime64(3)}) AS requests_now
        FROM routes
        WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)}
        GROUP BY function_key, route
    ),
    by_route AS MATERIALIZED
    (
        SELECT
            any(function_key) AS function_key, route, key, any(kind) AS kind, any(who) AS who,
            count() AS requests, sum(duration_us) / 1e6 AS seconds,
            countIf(outcome = 'timeout') AS timeouts, min(time) AS first_time, max(time) AS last_time,
            groupUniqArray(100)(environment) AS environments_route, groupUniqArray(100)(source) AS sources_route,
            groupUniqArray(50)(request_id) AS ids_route, uniqExact(source) AS callers_route, uniqExact(environment) AS places_route,
            max(principal) AS signed_in
        FROM calls
        WHERE key IN {suspects:Array(UInt64)}
        GROUP BY route, key
    ),
    -- What the callers' calls took in the same quarter of an hour: when the function or what it calls is ill, everybody is slow.
    -- Each caller has one vote, so that a leech among eight callers or more does not excuse itself.
    votes AS
    (
        SELECT function_key, slot, quantileExact(0.5)(seconds_caller) AS seconds_then
        FROM
        (
            SELECT function_key, toStartOfFifteenMinutes(time) AS slot, source, avg(duration_us) / 1e6 AS seconds_caller
            FROM invocations
            WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND source != 0
                AND function IN {suspect_functions:Array(String)}
                AND function_key IN (SELECT function_key FROM by_route)
            GROUP BY function_key, slot, source
        )
        GROUP BY function_key, slot
        HAVING count() >= 8
    ),
    alike AS
    (
        SELECT key, sum(seconds_then) AS seconds_alike
        FROM
        (
            SELECT function_key, key, toStartOfFifteenMinutes(time) AS slot
            FROM calls
            WHERE key IN {suspects:Array(UInt64)}
        ) AS own
        GLOBAL INNER JOIN votes USING (function_key, slot)
        GROUP BY key
    ),
    leeches AS
    (
        SELECT
            function_key, key, any(kind) AS kind, any(who) AS who, sum(requests) AS requests_all, sum(seconds) AS seconds_all,
            -- What the same calls would have taken if they were like the others.
            sum(requests * if(
                requests_before >= 20, before,
                greatest(seconds_now - seconds, 0) / greatest(toInt64(requests_now) - toInt64(requests), 1)
            )) AS seconds_usual,
            sum(by_route.timeouts) AS timeouts_all, min(by_route.first_time) AS begin, max(by_route.last_time) AS end,
            groupUniqArrayArray(100)(environments_route) AS environments, max(places_route) AS places,
            groupUniqArrayArray(100)(sources_route) AS sources, max(callers_route) AS callers,
            groupUniqArrayArray(100)(ids_route) AS request_ids, max(signed_in) AS signed
        FROM by_route
        INNER JOIN usual USING (function_key, route)
        GROUP BY function_key, key
        HAVING requests_all >= {min_requests:UInt32} AND seconds_all >= {min_seconds:UInt32}
            AND seconds_all >= {min_mean:Float64} * requests_all AND seconds_all >= {times_usual:Float64} * seconds_usual
    ),
    totals AS
    (
        SELECT
            function_key, any(account) AS account, any(region) AS region, any(function) AS function,
            sum(duration_us) / 1e6 AS seconds_function
        FROM routes
        WHERE slot >= {start:DateTime64(3)} AND slot < {now:DateTime64(3)}
            AND routes.function IN {suspect_functions:Array(String)}
        GROUP BY function_key
    )
SELECT
    concat(function, ' ', kind, ' ', hex(who)) AS subject_key,
    toStartOfHour(begin) AS episode,
    account, region, [function] AS functions, environments, greatest(places, length(environments)) AS environments_all, sources,
    request_ids, requests_all AS events, begin AS first_time, end AS last_time,
    toUInt8(multiIf(signed != 0, 2, share >= 0.3 OR seconds_all >= 7200, 4, 3)) AS severity,
    arrayFilter(reason -> reason != '', [
        concat(toString(round(seconds_all / requests_all, 2)), ' s for each invocation; ',
            toString(round(seconds_usual / requests_all, 2)), ' s are usual'),
        concat(toString(round(100 * share, 1)), ' % of the function''s run time'),
        if(timeouts_all > 0, concat(toString(timeouts_all), ' invocations timed out'), ''),
        if(callers > 1, concat('from ', toString(callers), ' callers'), ''),
        if(signed != 0, 'the caller is signed in', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(
            who, kind, if(kind = 'caller' OR callers = 1, 'One caller', concat(toString(callers), ' callers with one request pattern')),
            round(seconds_all / requests_all, 2), round(seconds_usual / requests_all, 2),
            if(timeouts_all > 0, concat(toString(timeouts_all), ' of them timed out'), 'no timeouts are known'),
            least(share, 1.), round(seconds_all)
        ),
        'Tuple(key UInt64, kind String, who String, mean Float64, usual Float64, ending String, share Float64, gigabyte_seconds Float64)'
    )) AS facts
FROM
(
    SELECT
        *, seconds_all / greatest(seconds_function, 1) AS share,
        groupArrayIf(sources, kind = 'pattern') OVER (PARTITION BY function_key) AS told
    FROM leeches
    INNER JOIN totals USING (function_key)
    LEFT JOIN alike USING (key)
)
WHERE share >= {min_share:Float64} AND seconds_all >= {times_usual:Float64} * seconds_alike
    -- Who is told as one of a pattern's callers is not told again.
    AND NOT (kind = 'caller' AND has(arrayFlatten(told), who))
