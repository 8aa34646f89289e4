-- rule: keep_warm
-- title: Unknown caller keeps environments warm
-- severity: medium
-- technique: T1029, T1546
-- every: 600
-- lookback: 21600
-- gap: 21600
-- limit: 20
-- story: Since {first_time:time}, {who} not seen before invoked {function} every {period:duration} ({ticks} times so
--   far, {at_once} invocations at once), {how}. The invocations do almost no work ({milliseconds} ms) and keep
--   {environments} environments warm. Earlier detections and findings of this function: {before}.
-- do: Identify the caller. Mute it if it is a new monitor, canary or warm-up plugin of yours. If not, treat the
--   environments as compromised: recycle them all, block the caller, and look for an earlier burst.
-- explain: Lambda removes idle environments after some minutes, with any change an attacker made in them. Someone
--   invokes ours just often enough to prevent that.
-- sees: a caller or pattern that is new to a function observed for `learned` seconds and sends requests at regular
--   intervals that do almost no work on the same thing. After a burst, a finding or another detection of the
--   function, severity is high. Signed-in callers, schedules and direct invocations by your own roles have lower
--   severity.
-- misses: invocations at intervals like those of people (unless a burst or finding came before), invocations mixed
--   with the same caller's normal ones, and callers that existed when the function was first observed (health checks,
--   canaries, schedulers, devices, warm-up plugins).
-- suspects: regular_calls
-- evidence: requests_of_caller_or_pattern
-- param_learned: 21600 (UInt32) seconds that a function must be observed before a caller counts as new
-- param_min_ticks: 8 (UInt32) minimum number of invocations
-- param_min_period: 15 (UInt32) minimum interval in seconds
-- param_most_period: 1500 (UInt32) maximum interval in seconds; Lambda removes environments that are idle for longer
-- param_most_variation: 0.35 (Float64) coefficient of variation of the intervals; people have more than 1
-- param_most_milliseconds: 25.0 (Float64) mean duration; longer invocations do work
-- param_most_subjects: 3 (UInt32) different things requested
WITH
    -- Whoever is suspected on another function is sorted out by `key` below.
    calls AS
    (
        SELECT
            account, region, function, time, environment, request_id, source, principal, pattern, subject, duration_us, trigger,
            arrayJoin([
                ('caller', cityHash64(function_key, source), source),
                ('pattern', cityHash64(function_key, pattern), pattern)
            ]) AS kind_key,
            kind_key.1 AS kind, kind_key.2 AS key, kind_key.3 AS who
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)}
            AND (source IN {suspect_callers:Array(UInt64)} OR pattern IN {suspect_patterns:Array(UInt64)})
    ),
    -- Calls within five seconds of each other are one coming, to several environments at once.
    paused AS
    (
        SELECT
            *, toUnixTimestamp64Milli(time) - lagInFrame(toUnixTimestamp64Milli(time), 1, 0) OVER (
                PARTITION BY key ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS pause
        FROM calls
        WHERE key IN {suspects:Array(UInt64)}
    ),
    regular AS
    (
        SELECT
            any(account) AS account, any(region) AS region, any(function) AS function, key, any(kind) AS kind, any(who) AS who,
            min(time) AS first_time, max(time) AS last_time,
            count() AS requests, countIf(pause > 5000) AS ticks,
            avgIf(pause, pause > 5000 AND pause < 86400000) / 1000 AS period,
            stddevPopIf(pause, pause > 5000 AND pause < 86400000) / 1000 AS spread,
            quantileExactIf(0.5)(pause, pause > 5000 AND pause < 86400000) / 1000 AS usual_period,
            avg(duration_us) / 1000 AS milliseconds, uniqExact(subject) AS subjects,
            groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(source) AS sources, groupUniqArray(100)(request_id) AS request_ids,
            max(principal) AS signed_in, any(trigger) AS trigger
        FROM paused
        GROUP BY key
        HAVING ticks >= {min_ticks:UInt32} AND period >= {min_period:UInt32} AND period <= {most_period:UInt32}
            AND spread <= 1.3 * period AND milliseconds <= {most_milliseconds:Float64}
            AND subjects <= {most_subjects:UInt32}
    ),
    trouble AS
    (
        SELECT function, count() AS before
        FROM
        (
            SELECT function FROM findings
            WHERE time >= {start:DateTime64(3)} - toIntervalDay(1) AND time < {now:DateTime64(3)} AND severity >= 3
            UNION ALL
            SELECT arrayJoin(functions) AS function FROM detections
            WHERE last_time >= {start:DateTime64(3)} - toIntervalDay(1) AND first_time < {now:DateTime64(3)} AND severity >= 3
                AND rule IN ('infection_burst', 'probing', 'divergence', 'foothold', 'forged_lines')
        )
        GROUP BY function
    )
SELECT
    concat(function, ' ', kind, ' ', hex(who)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, environments_all, sources, request_ids,
    requests AS events, first_time, last_time,
    toUInt8(multiIf(
        before > 0 AND trigger IN ('rest-api', 'http-api', 'function-url', 'alb', 'websocket', 'direct', 'api', ''), 4,
        trigger = 'schedule', 1,
        signed_in != 0 OR trigger = 'direct', 2,
        requests > 1.5 * ticks OR environments_all > 2, 3,
        2
    )) AS severity,
    arrayFilter(reason -> reason != '', [
        concat('every ', toString(round(period)), ' s, variation ', toString(round(100 * spread / period)), ' %'),
        concat(toString(round(milliseconds, 1)), ' ms of work for each invocation'),
        concat('new to this function: the same ', kind),
        if(requests > 1.5 * ticks, concat('about ', toString(round(requests / ticks, 1)), ' invocations at once'), ''),
        if(before > 0, concat(toString(before), ' detections or findings of the function came before'), ''),
        if(signed_in != 0, 'the caller is signed in', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(
            who, kind, if(is_even, 'at regular intervals, as only a machine does', 'at irregular intervals without a long pause'), if(kind = 'caller', 'a caller', 'callers with one request pattern'), ticks, round(period, 1),
            round(requests / ticks, 1), round(milliseconds, 1), before
        ),
        'Tuple(key UInt64, kind String, how String, who String, ticks UInt64, period Float64, at_once Float64, milliseconds Float64, before UInt64)'
    )) AS facts
FROM (SELECT *, spread <= {most_variation:Float64} * period AS is_even FROM regular) AS regular
LEFT JOIN trouble USING (function)
-- After a burst or a finding, calls that come by chance but never stop are enough: an attacker can throw dice, too.
WHERE is_even OR (before > 0 AND ticks >= 3 * {min_ticks:UInt32})
-- One that is seen both as a caller and as a pattern is told once, as the caller.
ORDER BY kind, key
LIMIT 1 BY account, region, function, first_time, last_time, requests
