-- rule: distributed_refusals
-- title: Unusual number of callers with only failed requests on one route
-- severity: high
-- technique: T1110.004, T1595
-- every: 60
-- lookback: 3600
-- gap: 7200
-- story: On {route} of {function}, {refusals} requests failed within {window:duration}; about {expected} are usual.
--   {lone} callers had only failed requests, about {per_caller} each, with {subjects} different requests on
--   {environments} environments.
-- do: 401 or 403: treat it as credential stuffing. Require multi-factor authentication, find similar callers that
--   succeeded, and reset the passwords of those accounts. 404: treat it as enumeration of identifiers.
-- explain: Each address makes one or two attempts, so that no rate limit triggers. Together they make thousands.
-- sees: routes with far more failed requests (4xx except 429) in a window than in the last day, from callers that
--   never succeed and send different requests. Each request can look legitimate.
-- misses: increases of fewer than `min_refusals` a window. A client release with a bug can look the same, but its
--   callers succeed on other routes.
-- suspects: refused_routes
-- evidence: failures_of_route
-- param_window: 1800 (UInt32) length of the sliding window in seconds
-- param_min_refusals: 40 (UInt32) failed requests within a window above the usual number
-- param_min_callers: 10 (UInt32) callers with only failed requests
-- param_times_usual: 3.0 (Float64) factor over the usual number of failed requests
-- param_min_subjects_share: 0.6 (Float64) different requests per failed request
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
        concat(toString(refusals), ' failed requests within one window; about ', toString(round(usual, 1)), ' are usual'),
        concat(toString(callers), ' callers had only failed requests'),
        concat(toString(subjects), ' different requests')
    ] AS reasons,
    toJSONString(CAST(
        tuple(route, refusals, round(usual, 1), callers, round(failures / callers, 1), subjects, {window:UInt32}),
        'Tuple(route String, refusals UInt64, expected Float64, lone UInt64, per_caller Float64, subjects UInt64, window UInt32)'
    )) AS facts
FROM episodes
