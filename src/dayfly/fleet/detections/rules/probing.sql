-- rule: probing
-- title: New failing request pattern on many environments
-- severity: medium
-- technique: T1595.002, T1190
-- every: 60
-- lookback: 7200
-- gap: 21600
-- story: Requests with one pattern ({pattern:hash}), new to {function}, reached {environments} of its environments
--   within {seconds:duration}, from {callers} callers, about {per_environment} on each environment; {failures} of
--   them failed.
-- do: Find the requests in your access logs by request ID, and check what the function does with them. Fix the
--   vulnerability that they look for, and block the pattern in AWS WAF. Check for findings of later requests.
-- explain: An attacker sends the same malformed request to every copy of our function to find a vulnerable one.
-- sees: a request pattern that is new to a function observed for `learned` seconds, mostly fails (4xx, 5xx, errors;
--   not 429), reaches many environments within `window` seconds, and occurs more often than other patterns that
--   always fail. Guard and residue findings of the same requests increase severity.
-- misses: probes that look legitimate (no new pattern), and the first `learned` seconds of a function. A bug in a new
--   client that makes every request fail looks the same.
-- suspects: failing_patterns
-- evidence: failures_of_pattern
-- param_window: 3600 (UInt32) length of the sliding window in seconds
-- param_learned: 21600 (UInt32) seconds that a function must be observed before a pattern counts as new
-- param_min_failures: 10 (UInt32) failures within a window
-- param_min_environments: 4 (UInt32) environments that responded within a window
-- param_min_share: 0.5 (Float64) share of the pattern's requests that failed
-- param_above_noise: 3 (UInt32) factor over the 90th percentile of the function's other patterns that always fail
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
        if(told > 0, concat(toString(told), ' of the requests caused findings'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(pattern, callers, subjects, failures, round(failures / environments_all, 1)),
        'Tuple(pattern UInt64, callers UInt64, subjects UInt64, failures UInt64, per_environment Float64)'
    )) AS facts
FROM episodes
