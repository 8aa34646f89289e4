-- rule: probing
-- title: Requests of a kind this function has never seen fail on many environments
-- severity: medium
-- technique: T1595.002, T1190
-- every: 60
-- lookback: 7200
-- gap: 21600
-- story: Requests of one pattern ({pattern:hash}) that {function} had never been sent before reached {environments} of its
--   environments within {seconds:duration}, from {callers} callers, about {per_environment} on each environment;
--   {refused:percent} of them failed.
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
        SELECT account, region, function, pattern, source, time, environment, request_id, subject, status, outcome
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND pattern IN {suspects:Array(UInt64)}
            AND status != 429
    ),
    windows AS
    (
        SELECT
            account, region, function, pattern, time,
            count() OVER recent AS failures_recent,
            uniqExact(environment) OVER recent AS environments_recent,
            greatest(uniqExact(subject) OVER recent, uniqExact(source) OVER recent) AS different_recent
        FROM failed
        WINDOW recent AS (
            PARTITION BY account, region, function, pattern ORDER BY toUnixTimestamp(time)
            RANGE BETWEEN {window:UInt32} PRECEDING AND CURRENT ROW
        )
    ),
    found AS
    (
        SELECT
            account, region, function, pattern, min(time) - toIntervalSecond({window:UInt32}) AS begin, max(time) AS end,
            max(failures_recent) AS most_failures
        FROM windows
        WHERE failures_recent >= {min_failures:UInt32} AND environments_recent >= {min_environments:UInt32}
            AND different_recent >= {min_environments:UInt32}
        GROUP BY account, region, function, pattern
    ),
    -- What is known of the functions, a week back at most: since when they are watched, how often their other patterns fail
    -- that do nothing else, and since when this pattern is known.
    history AS
    (
        SELECT account, region, function, pattern, min(first) AS known_since, sum(requests) AS requests, sum(failed) AS failures_all
        FROM patterns
        WHERE hour >= {start:DateTime64(3)} - toIntervalDay(7) AND hour < {now:DateTime64(3)}
            AND function GLOBAL IN (SELECT function FROM found)
        GROUP BY account, region, function, pattern
    ),
    watched AS
    (
        SELECT
            account, region, function, min(known_since) AS watched_since,
            quantileIf(0.9)(failures_all, failures_all > 0.9 * requests) AS noise
        FROM history
        GROUP BY account, region, function
    ),
    fresh AS
    (
        SELECT account, region, function, pattern, known_since, requests, begin, end, most_failures, noise
        FROM history
        INNER JOIN found USING (account, region, function, pattern)
        INNER JOIN watched USING (account, region, function)
        WHERE known_since >= watched_since + toIntervalSecond({learned:UInt32})
            -- New when it began: known for no longer than the episode.
            AND known_since >= begin - toIntervalHour(1)
            AND failures_all >= {min_share:Float64} * requests
            AND most_failures >= {above_noise:UInt32} * if(isNaN(noise), 0, noise * {window:UInt32} / 86400)
    ),
    told AS
    (
        SELECT request_id, max(severity) AS worst
        FROM findings
        WHERE time >= {start:DateTime64(3)} AND severity >= 3
        GROUP BY request_id
    ),
    episodes AS
    (
        SELECT
            account, region, function, pattern, any(requests) AS requests, any(most_failures) AS most_failures,
            min(time) AS first_time, max(time) AS last_time, count() AS failures, uniqExact(subject) AS subjects,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(source) AS sources, uniqExact(source) AS callers,
            groupUniqArray(100)(request_id) AS request_ids,
            countIf(request_id GLOBAL IN (SELECT request_id FROM told)) AS findings
        FROM failed
        GLOBAL INNER JOIN fresh USING (account, region, function, pattern)
        WHERE time >= begin AND time <= end
        GROUP BY account, region, function, pattern
    )
SELECT
    concat(function, ' ', hex(pattern)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, environments_all, sources, request_ids,
    failures AS events, first_time, last_time,
    toUInt8(if(findings > 0, 4, 3)) AS severity,
    arrayFilter(reason -> reason != '', [
        'the pattern is new to this function',
        concat(toString(failures), ' failures on ', toString(environments_all), ' environments'),
        if(callers > 1, concat('the same pattern from ', toString(callers), ' callers'), ''),
        if(findings > 0, concat(toString(findings), ' of the requests made findings'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(pattern, callers, subjects, least(failures / requests, 1.), round(failures / environments_all, 1)),
        'Tuple(pattern UInt64, callers UInt64, subjects UInt64, refused Float64, per_environment Float64)'
    )) AS facts
FROM episodes
