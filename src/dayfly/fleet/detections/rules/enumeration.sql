-- rule: enumeration
-- title: One caller asks for many things that are not his
-- severity: medium
-- technique: T1595, T1087.004
-- every: 30
-- lookback: 1200
-- gap: 3600
-- story: One caller (source {source:hash}) asked {function} for {subjects} different things on {route} within
--   {seconds:duration}, and {refused:percent} of the answers were refusals or "not found". The calls were spread over
--   {environments} environments, {per_environment} in each: no single environment could see it.
-- do: Look at the requests. If they are not yours (a scanner you ordered, a broken client): block or slow the caller at
--   API Gateway or WAF, make identifiers unguessable, and look at the few answers that succeeded.
-- explain: Somebody is trying out identifiers one after the other and our functions answer each of them.
-- sees: many distinct subjects of one caller on one route, mostly answered with 4xx, within any window of `window` seconds.
-- misses: a caller who asks fewer than `min_subjects` things a window, and one whose guesses are mostly right.
-- evidence: failures_of_source
-- param_window: 600 (UInt32) seconds of the sliding window
-- param_min_subjects: 15 (UInt32) different things asked for within a window
-- param_min_environments: 3 (UInt32) environments that answered within a window
-- param_min_share: 0.6 (Float64) share of the caller's requests to this route that failed
WITH
    failed AS
    (
        SELECT account, region, function, route, source, time, environment, request_id, subject
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND status >= 400 AND status < 500 AND source != 0
    ),
    suspects AS
    (
        SELECT function, route, source
        FROM failed
        GROUP BY function, route, source
        HAVING uniqExact(subject) >= {min_subjects:UInt32} AND uniqExact(environment) >= {min_environments:UInt32}
    ),
    windows AS
    (
        SELECT *,
            uniqExact(subject) OVER recent AS subjects_recent,
            uniqExact(environment) OVER recent AS environments_recent
        FROM failed
        WHERE (function, route, source) GLOBAL IN (SELECT function, route, source FROM suspects)
        WINDOW recent AS (
            PARTITION BY function, route, source ORDER BY toUnixTimestamp(time)
            RANGE BETWEEN {window:UInt32} PRECEDING AND CURRENT ROW
        )
    ),
    found AS
    (
        SELECT
            any(account) AS account, any(region) AS region, function, route, source,
            min(time) AS first_time, max(time) AS last_time,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(request_id) AS request_ids, count() AS failures, uniqExact(subject) AS subjects,
            max(subjects_recent) AS most_subjects, max(environments_recent) AS most_environments
        FROM windows
        GROUP BY function, route, source
        HAVING countIf(
            subjects_recent >= {min_subjects:UInt32} AND environments_recent >= {min_environments:UInt32}) > 0
    ),
    totals AS
    (
        SELECT function, route, source, count() AS requests
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND (function, route, source) GLOBAL IN (SELECT function, route, source FROM found)
        GROUP BY function, route, source
    )
SELECT
    concat(function, ' ', route, ' ', hex(source)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, environments_all, [source] AS sources, request_ids,
    failures AS events, first_time, last_time,
    toUInt8(if(subjects >= 10 * {min_subjects:UInt32}, 4, 3)) AS severity,
    [
        concat(toString(subjects), ' different subjects, ', toString(most_subjects), ' of them within one window'),
        concat(toString(round(100 * failures / requests)), ' % of the answers were 4xx')
    ] AS reasons,
    toJSONString(CAST(
        tuple(function, route, source, subjects, failures / requests, round(failures / environments_all, 1)),
        'Tuple(function String, route String, source UInt64, subjects UInt64, refused Float64, per_environment Float64)'
    )) AS facts
FROM found
INNER JOIN totals USING (function, route, source)
WHERE failures / requests >= {min_share:Float64}
