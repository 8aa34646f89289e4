-- rule: distributed_refusals
-- title: Far more callers than usual are refused on one route and do nothing else
-- severity: high
-- technique: T1110.004, T1595
-- every: 60
-- lookback: 3600
-- gap: 7200
-- story: On {route} of {function}, {refusals} requests were refused within {window:duration} where about {expected} are usual,
--   and {lone} callers did nothing but be refused, about {per_caller} times each, with {subjects} different requests on
--   {environments} environments.
-- do: If the answers are 401 or 403, somebody tries stolen passwords: ask for a second factor, look for callers of the same
--   kind that were let in, and have those people change their passwords. If they are 404, somebody counts through identifiers.
-- explain: Each address tries once or twice, so no limit per address ever trips; together they are a thousand tries.
-- sees: a route whose refusals (4xx but 429) within a window are far above what the last day lets expect, and that come from
--   callers who are never answered well, each with other requests. The requests may look wholly honest.
-- misses: a rise of fewer than `min_refusals` a window; a broken release of a client that makes everybody fail looks the same,
--   but there the same callers are answered well elsewhere.
-- suspects: refused_routes
-- evidence: failures_of_route
-- param_window: 1800 (UInt32) seconds of the sliding window
-- param_min_refusals: 40 (UInt32) refusals within a window above what is usual
-- param_min_callers: 10 (UInt32) callers who were only refused
-- param_times_usual: 3.0 (Float64) times the usual number of refusals
-- param_min_subjects_share: 0.6 (Float64) different requests per refusal
WITH
    slots AS
    (
        SELECT function_key, route, slot, sum(requests) AS asked, sum(refused) AS refusals
        FROM routes
        WHERE slot >= {start:DateTime64(3)} - toIntervalDay(1) AND slot < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)}
            AND cityHash64(function_key, cityHash64(route)) IN {suspects:Array(UInt64)}
        GROUP BY function_key, route, slot
    ),
    windows AS
    (
        SELECT
            *,
            sum(refusals) OVER recent AS refusals_recent,
            sum(asked) OVER recent AS asked_recent,
            sum(refusals) OVER before AS refusals_before,
            sum(asked) OVER before AS asked_before,
            count() OVER before AS slots_before
        FROM slots
        WINDOW
            recent AS (
                PARTITION BY function_key, route ORDER BY toUnixTimestamp(slot)
                RANGE BETWEEN {window:UInt32} PRECEDING AND CURRENT ROW
            ),
            before AS (
                PARTITION BY function_key, route ORDER BY toUnixTimestamp(slot)
                RANGE BETWEEN 86400 PRECEDING AND 3600 PRECEDING
            )
    ),
    spans AS
    (
        SELECT
            function_key, route, min(slot) - toIntervalSecond({window:UInt32}) AS begin,
            max(slot) + toIntervalMinute(5) AS end,
            argMax(refusals_recent, refusals_recent - usual) AS most_refusals,
            max(refusals_recent - usual) AS most_above
        FROM
        (
            -- The half guards against a quiet route of which nothing was ever refused.
            SELECT *, asked_recent * (refusals_before + 0.5) / (asked_before + 1) AS usual
            FROM windows
        )
        WHERE slot >= {start:DateTime64(3)} AND slots_before >= 6
            AND refusals_recent >= {min_refusals:UInt32} + usual + 3 * sqrt(usual)
            AND refusals_recent >= {times_usual:Float64} * usual
        GROUP BY function_key, route
    ),
    refused_calls AS MATERIALIZED
    (
        SELECT account, region, function, function_key, route, source, time, environment, request_id, subject, status, most_refusals, most_above
        FROM failures
        GLOBAL INNER JOIN spans USING (function_key, route)
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND time >= begin AND time < end
            AND function IN {suspect_functions:Array(String)}
            AND status >= 400 AND status < 500 AND status != 429 AND source != 0
    ),
    -- Callers of whom nothing else is known in these hours than failures.
    lone AS
    (
        SELECT function_key, source
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)} AND source IN (SELECT source FROM refused_calls)
        GROUP BY function_key, source
        HAVING sum(failed) >= 0.9 * sum(requests)
    ),
    episodes AS
    (
        SELECT
            any(account) AS account, any(region) AS region, any(function) AS function, route, any(most_refusals) AS refusals, any(most_refusals - most_above) AS usual,
            min(time) AS first_time, max(time) AS last_time, count() AS failures, uniqExact(subject) AS subjects,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(source) AS sources, uniqExact(source) AS callers,
            groupUniqArray(100)(request_id) AS request_ids, countIf(status IN (401, 403)) AS denied
        FROM refused_calls
        WHERE (function_key, source) IN (SELECT function_key, source FROM lone)
        GROUP BY function_key, route
        HAVING callers >= {min_callers:UInt32} AND subjects >= {min_subjects_share:Float64} * failures
            AND failures >= {min_refusals:UInt32}
    )
SELECT
    concat(function, ' ', route) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, environments_all, sources, request_ids,
    failures AS events, first_time, last_time,
    toUInt8(if(denied * 2 > failures, 4, 3)) AS severity,
    [
        concat(toString(refusals), ' refusals within one window where about ', toString(round(usual, 1)), ' are usual'),
        concat(toString(callers), ' callers did nothing but be refused'),
        concat(toString(subjects), ' different requests')
    ] AS reasons,
    toJSONString(CAST(
        tuple(route, refusals, round(usual, 1), callers, round(failures / callers, 1), subjects, {window:UInt32}),
        'Tuple(route String, refusals UInt64, expected Float64, lone UInt64, per_caller Float64, subjects UInt64, window UInt32)'
    )) AS facts
FROM episodes
