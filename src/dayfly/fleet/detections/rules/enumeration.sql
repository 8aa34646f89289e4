-- rule: enumeration
-- title: Enumeration of identifiers by one caller
-- severity: medium
-- technique: T1595, T1087.004
-- every: 30
-- lookback: 1800
-- gap: 7200
-- story: One caller (source {source:hash}) requested {subjects} different things from {functions} within
--   {seconds:duration}; {refused:percent} of the requests were denied or "not found". The requests reached
--   {environments} environments, about {per_environment} in each, so that no single environment could detect it.
-- do: Check the requests. If they are not yours (a security scanner, a client with a bug), block or throttle the
--   caller in API Gateway or AWS WAF. Make identifiers unguessable, and check the requests that succeeded.
-- explain: An attacker tries one identifier after the other, and our functions respond to each.
-- sees: many different subjects of one caller, on one or several functions, mostly with 4xx responses, within
--   `window` seconds. Retries (429, the same subject) do not count, nor does a shared address whose users mostly
--   succeed.
-- misses: fewer than `min_subjects` failures a window (see low_and_slow for a whole day); guesses that mostly succeed
--   (see scraping); callers without a source, because no fleet key is set; callers behind a shared address where
--   other users' successful requests are more than three quarters of the traffic in that hour.
-- suspects: enumeration
-- evidence: failures_of_caller
-- param_window: 900 (UInt32) length of the sliding window in seconds
-- param_min_subjects: 12 (UInt32) different things requested without success within a window
-- param_min_environments: 3 (UInt32) environments that responded within a window
-- param_min_share: 0.55 (Float64) share of failed requests among the caller's requests with the same patterns
WITH
    failed AS MATERIALIZED
    (
        SELECT account, region, function, source, pattern, time, environment, request_id, subject
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND source IN {suspects:Array(UInt64)}
            AND status >= 400 AND status < 500 AND status NOT IN (401, 403, 429)
    ),
    windows AS
    (
        SELECT
            source, time,
            uniqExact(subject) OVER recent AS subjects_recent,
            uniqExact(environment) OVER recent AS environments_recent
        FROM failed
        WINDOW recent AS (
            PARTITION BY source ORDER BY toUnixTimestamp(time) RANGE BETWEEN {window:UInt32} PRECEDING AND CURRENT ROW
        )
    ),
    found AS MATERIALIZED
    (
        SELECT
            source, min(time) - toIntervalSecond({window:UInt32}) AS begin, max(time) AS end, max(subjects_recent) AS most_subjects
        FROM windows
        WHERE subjects_recent >= {min_subjects:UInt32} AND environments_recent >= {min_environments:UInt32}
        GROUP BY source
    ),
    episodes AS
    (
        SELECT
            source, any(most_subjects) AS most_subjects,
            any(account) AS account, any(region) AS region, groupUniqArray(100)(function) AS functions,
            min(time) AS first_time, max(time) AS last_time, count() AS failures, uniqExact(subject) AS subjects,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(request_id) AS request_ids
        FROM failed
        GLOBAL INNER JOIN found USING (source)
        WHERE time >= begin AND time <= end
        GROUP BY source
    ),
    -- All that the caller did with the patterns that failed: people behind one address who are mostly answered
    -- neither hide nor accuse anybody.
    totals AS
    (
        SELECT source, count() AS requests
        FROM invocations
        GLOBAL INNER JOIN found USING (source)
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND time >= begin AND time <= end
            AND function IN (SELECT function FROM failed)
            AND source IN {suspects:Array(UInt64)}
            AND (source, function, pattern) IN (SELECT source, function, pattern FROM failed)
        GROUP BY source
    )
SELECT
    hex(source) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, functions, environments, environments_all, [source] AS sources, request_ids,
    failures AS events, first_time, last_time,
    toUInt8(if(subjects >= 20 * {min_subjects:UInt32} OR length(functions) >= 5, 4, 3)) AS severity,
    arrayFilter(reason -> reason != '', [
        concat(toString(subjects), ' different things requested without success, ', toString(most_subjects), ' within one window'),
        concat(toString(round(100 * least(failures / requests, 1))), ' % of the requests failed'),
        if(length(functions) > 1, concat('across ', toString(length(functions)), ' functions'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(source, subjects, least(failures / requests, 1.), round(failures / environments_all, 1)),
        'Tuple(source UInt64, subjects UInt64, refused Float64, per_environment Float64)'
    )) AS facts
FROM episodes
INNER JOIN totals USING (source)
WHERE failures / requests >= {min_share:Float64}
