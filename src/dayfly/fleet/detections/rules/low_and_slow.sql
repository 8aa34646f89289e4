-- rule: low_and_slow
-- title: Over hours, many callers send a few requests each of one new and failing kind
-- severity: medium
-- technique: T1595.002, T1110
-- every: 600
-- lookback: 90000
-- gap: 86400
-- limit: 20
-- story: Since {first_time:time}, {callers} callers sent {function} {events} requests of one pattern ({pattern:hash}), about
--   {per_caller} each, over {seconds:duration}; the function had never been sent that pattern before, and all of these
--   failed. They were spread over {environments} environments.
-- do: Block by the pattern, not by address: there are too many of those, and each did too little. Look at the answers that
--   succeeded, and at what the requests have in common.
-- explain: Somebody rents many addresses, so that each does so little that nobody minds; what gives them away is that all
--   of them ask in the same way.
-- sees: a new pattern that mostly fails, from at least `min_callers` callers who each send few, on many environments, within a
--   day, and far more of it than of the function's other patterns that only fail (the noise of the Internet).
-- misses: an attacker who changes the pattern with every request, or whose requests look like honest ones.
-- suspects: slow_patterns
-- evidence: failures_of_pattern
-- param_learned: 21600 (UInt32) seconds that a function must have been watched before a pattern counts as new
-- param_min_failures: 40 (UInt32) failures within the day
-- param_min_callers: 8 (UInt32) different callers
-- param_most_per_caller: 12 (UInt32) requests per caller, on average, beyond which it is not slow
-- param_min_environments: 8 (UInt32) environments that answered
-- param_min_share: 0.5 (Float64) share of the pattern's requests that failed
-- param_above_noise: 4 (UInt32) times as many as the 95th percentile of the function's other patterns that only fail
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
