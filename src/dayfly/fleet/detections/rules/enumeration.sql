-- rule: enumeration
-- title: One caller asks for many things that are not there or not its own
-- severity: medium
-- technique: T1595, T1087.004
-- every: 30
-- lookback: 1800
-- gap: 7200
-- story: One caller (source {source:hash}) asked {functions} for {subjects} different things within {seconds:duration};
--   {refused:percent} of the answers were refusals or "not found". The calls were spread over {environments}
--   environments, about {per_environment} in each: no single environment could see it.
-- do: Look at the requests. If they are not yours (a scanner you ordered, a broken client), block or slow the caller at
--   API Gateway or WAF, make identifiers unguessable, and look at the few answers that succeeded.
-- explain: Somebody tries out identifiers one after the other, and our functions answer each of them.
-- sees: many different subjects of one caller, on one function or across functions, mostly answered with 4xx, within any
--   `window` seconds. Retries of the same thing (429, the same subject) do not count, nor does a shared address whose
--   people are mostly answered.
-- misses: fewer than `min_subjects` failures a window (low_and_slow looks at a day); guesses that are mostly right
--   (scraping looks at those); callers without a source, as where the fleet's key is not set;
--   a caller behind an address whose other people make up three quarters of its hour and are answered well.
-- suspects: enumeration
-- evidence: failures_of_caller
-- param_window: 900 (UInt32) seconds of the sliding window
-- param_min_subjects: 12 (UInt32) different things asked for in vain within a window
-- param_min_environments: 3 (UInt32) environments that answered within a window
-- param_min_share: 0.55 (Float64) share of failures among the caller's requests of the same patterns
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
        concat(toString(subjects), ' different things asked for in vain, ', toString(most_subjects), ' within one window'),
        concat(toString(round(100 * least(failures / requests, 1))), ' % of the answers were refusals'),
        if(length(functions) > 1, concat('across ', toString(length(functions)), ' functions'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(source, subjects, least(failures / requests, 1.), round(failures / environments_all, 1)),
        'Tuple(source UInt64, subjects UInt64, refused Float64, per_environment Float64)'
    )) AS facts
FROM episodes
INNER JOIN totals USING (source)
WHERE failures / requests >= {min_share:Float64}
