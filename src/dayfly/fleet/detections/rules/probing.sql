-- rule: probing
-- title: Requests of a kind this function has never seen fail on many environments
-- severity: medium
-- technique: T1595.002, T1190
-- every: 60
-- lookback: 7200
-- gap: 21600
-- story: Requests of one pattern ({pattern:hash}) that {function} had never been sent before reached {environments} of its
--   environments within {seconds:duration}, from {callers} callers, about {per_environment} on each environment; {failures}
--   of them failed.
-- do: Look at what was sent (by the request ids, in your own access logs) and at what the function does with it. Mend the
--   weakness it looks for; block the pattern at WAF. See whether the findings name what came after it.
-- explain: Somebody sends the same malformed request to every copy of our function to see whether one gives way.
-- sees: a pattern of request that is new to a function which has been watched for `learned` seconds, that mostly fails (4xx,
--   5xx, errors; not 429), on many environments within any `window` seconds, from one caller or many, and more often than
--   the noise: other patterns that only fail. Findings that the guard or the residue check have of the same requests raise it.
-- misses: probes that look like honest requests (no new pattern), the first `learned` seconds of a function's history, and a
--   new client's bug that makes every request fail looks the same.
-- suspects: failing_patterns
-- evidence: failures_of_pattern
-- param_window: 3600 (UInt32) seconds of the sliding window
-- param_learned: 21600 (UInt32) seconds that a function must have been watched before a pattern counts as new
-- param_min_failures: 10 (UInt32) failures within a window
-- param_min_environments: 4 (UInt32) environments that answered within a window
-- param_min_share: 0.5 (Float64) share of the pattern's requests that failed
-- param_above_noise: 3 (UInt32) times as many as the 90th percentile of the function's other patterns that only fail
WITH
    failed AS
    (
        SELECT
            account, region, function, function_key, pattern, source, time, environment, request_id, subject,
            request_id IN (
                SELECT request_id FROM findings WHERE time >= {start:DateTime64(3)} - toIntervalHour(1) AND severity >= 3
            ) AS is_told
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND status != 429
            AND cityHash64(function_key, pattern) IN {suspects:Array(UInt64)}
    ),
    windows AS
    (
        SELECT
            *,
            count() OVER recent AS failures_recent,
            uniqExact(environment) OVER recent AS environments_recent,
            greatest(uniqExact(subject) OVER recent, uniqExact(source) OVER recent) AS different_recent
        FROM failed
        WINDOW recent AS (
            PARTITION BY function_key, pattern ORDER BY toUnixTimestamp(time)
            RANGE BETWEEN {window:UInt32} PRECEDING AND CURRENT ROW
        )
    ),
    episodes AS
    (
        SELECT
            any(account) AS account, any(region) AS region, any(function) AS function, pattern, max(failures_recent) AS most_failures,
            min(time) AS first_time, max(time) AS last_time, count() AS failures, uniqExact(subject) AS subjects,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(source) AS sources, uniqExact(source) AS callers,
            groupUniqArray(100)(request_id) AS request_ids, countIf(is_told) AS told
        FROM windows
        GROUP BY function_key, pattern
        HAVING countIf(
            failures_recent >= {min_failures:UInt32} AND environments_recent >= {min_environments:UInt32}
            AND different_recent >= {min_environments:UInt32}
        ) > 0
    )
SELECT
    concat(function, ' ', hex(pattern)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, environments_all, sources, request_ids,
    failures AS events, first_time, last_time,
    toUInt8(if(told > 0, 4, 3)) AS severity,
    arrayFilter(reason -> reason != '', [
        'the pattern is new to this function',
        concat(toString(failures), ' failures on ', toString(environments_all), ' environments'),
        if(callers > 1, concat('the same pattern from ', toString(callers), ' callers'), ''),
        if(told > 0, concat(toString(told), ' of the requests made findings'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(pattern, callers, subjects, failures, round(failures / environments_all, 1)),
        'Tuple(pattern UInt64, callers UInt64, subjects UInt64, failures UInt64, per_environment Float64)'
    )) AS facts
FROM episodes
