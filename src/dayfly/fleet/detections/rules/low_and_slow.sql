-- rule: low_and_slow
-- title: Slow attack from many callers with one new request pattern
-- severity: medium
-- technique: T1595.002, T1110
-- every: 600
-- lookback: 90000
-- gap: 86400
-- limit: 20
-- story: Since {first_time:time}, {callers} callers sent {function} {events} requests with one pattern
--   ({pattern:hash}), about {per_caller} each, over {seconds:duration}. The pattern is new to the function, and all
--   of these requests failed. They reached {environments} environments.
-- do: Block the pattern, not the addresses. Check the requests that succeeded, and what the requests have in common.
-- explain: An attacker uses many addresses, so that each sends too few requests to trigger an alarm. All of them send
--   the same kind of request.
-- sees: a new pattern that mostly fails, from at least `min_callers` callers with few requests each, on many
--   environments, within a day, and far more often than the function's other patterns that always fail (Internet
--   background noise).
-- misses: attackers who change the pattern with every request, and requests that look legitimate.
-- suspects: slow_patterns
-- evidence: failures_of_pattern
-- param_learned: 21600 (UInt32) seconds that a function must be observed before a pattern counts as new
-- param_min_failures: 40 (UInt32) failures within the day
-- param_min_callers: 8 (UInt32) different callers
-- param_most_per_caller: 12 (UInt32) mean number of requests per caller; more is not slow
-- param_min_environments: 8 (UInt32) environments that responded
-- param_min_share: 0.5 (Float64) share of the pattern's requests that failed
-- param_above_noise: 4 (UInt32) factor over the 95th percentile of the function's other patterns that always fail
WITH
    episodes AS
    (
        SELECT
            any(account) AS account, any(region) AS region, any(function) AS function, pattern,
            min(time) AS first_time, max(time) AS last_time, count() AS failures, uniqExact(subject) AS subjects,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(source) AS sources, uniqExact(source) AS callers,
            groupUniqArray(100)(request_id) AS request_ids
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND status != 429
            AND cityHash64(function_key, pattern) IN {suspects:Array(UInt64)}
        GROUP BY function_key, pattern
        HAVING failures >= {min_failures:UInt32} AND callers >= {min_callers:UInt32}
            AND environments_all >= {min_environments:UInt32} AND failures <= {most_per_caller:UInt32} * callers
    )
SELECT
    concat(function, ' ', hex(pattern)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, environments_all, sources, request_ids,
    failures AS events, first_time, last_time,
    toUInt8(3) AS severity,
    [
        'the pattern is new to this function',
        concat(toString(callers), ' callers with about ', toString(round(failures / callers, 1)), ' requests each'),
        concat(toString(environments_all), ' environments')
    ] AS reasons,
    toJSONString(CAST(
        tuple(pattern, callers, subjects, round(failures / callers, 1)),
        'Tuple(pattern UInt64, callers UInt64, subjects UInt64, per_caller Float64)'
    )) AS facts
FROM episodes
