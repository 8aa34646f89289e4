-- rule: credential_stuffing
-- title: Credential stuffing from one caller
-- severity: high
-- technique: T1110.004, T1110.003
-- every: 30
-- lookback: 3600
-- gap: 7200
-- story: One caller (source {source:hash}) got 401 or 403 for {subjects} different requests to {functions} within
--   {seconds:duration}; {refused:percent} of its attempts failed. The attempts reached {environments} environments,
--   about {per_environment} in each.
-- do: Block the caller. Find the attempts that succeeded, reset the passwords of those accounts, and require
--   multi-factor authentication. If the caller is a client of yours with an old password, fix the client.
-- explain: An attacker tries a list of user names and passwords, a few in each environment.
-- sees: many different requests of one caller with the response 401 or 403 within `window` seconds. Repeated attempts
--   on one account count once. A shared address counts only if most of its attempts fail.
-- misses: fewer than `min_subjects` failures a window from one address (see distributed_refusals for many addresses),
--   and attempts from a shared address where other users' successful requests are more than three quarters of the
--   traffic in that hour.
-- suspects: credential_stuffing
-- evidence: failures_of_caller
-- param_window: 1800 (UInt32) length of the sliding window in seconds
-- param_min_subjects: 12 (UInt32) different requests that failed within a window
-- param_min_environments: 2 (UInt32) environments that responded within a window
-- param_min_share: 0.6 (Float64) share of failed requests among the caller's requests with the same patterns
WITH
    failed AS MATERIALIZED
    (
        SELECT account, region, function, source, pattern, time, environment, request_id, subject
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND source IN {suspects:Array(UInt64)}
            AND status IN (401, 403)
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
    toUInt8(if(requests > failures OR subjects >= 10 * {min_subjects:UInt32}, 4, 3)) AS severity,
    arrayFilter(reason -> reason != '', [
        concat(toString(subjects), ' different requests failed, ', toString(most_subjects), ' within one window'),
        concat(toString(round(100 * least(failures / requests, 1))), ' % of the requests failed'),
        if(length(functions) > 1, concat('across ', toString(length(functions)), ' functions'), '')
        , if(requests > failures, concat(toString(requests - failures), ' requests with the same pattern succeeded'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(source, subjects, least(failures / requests, 1.), round(failures / environments_all, 1)),
        'Tuple(source UInt64, subjects UInt64, refused Float64, per_environment Float64)'
    )) AS facts
FROM episodes
INNER JOIN totals USING (source)
WHERE failures / requests >= {min_share:Float64}
