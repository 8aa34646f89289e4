-- rule: recursion
-- title: A function calls itself over and over
-- severity: high
-- technique: T1496.004
-- every: 60
-- lookback: 1800
-- gap: 3600
-- story: {function} was invoked {events} times within {seconds:duration} by {trigger} about one and the same thing
--   ({subject:hash}), on {environments} environments, and ran for {run:duration} together: what it writes invokes it again.
-- do: Set the function's reserved concurrency to 0 to stop it now, then break the loop: write to another bucket, queue or
--   topic than you read from. Lambda's own recursive-loop detection sees only loops through SQS, SNS and S3. See who wrote the
--   first object or message.
-- explain: The function's own output is its next input; each round costs money and starts the next.
-- sees: events (not requests of callers, not schedules) about the same thing, `min_rounds` times within any `window` seconds,
--   where such a thing is invoked once or a few times by honest use. Retries and redeliveries are far fewer.
-- misses: loops in which what is asked changes with every round beyond recognition.
-- suspects: event_spikes
-- evidence: requests_of_subject
-- param_window: 600 (UInt32) seconds of the sliding window
-- param_min_rounds: 60 (UInt32) invocations about one thing within a window
-- param_min_share: 0.25 (Float64) share of the function's events in the same minutes that are about this one thing
WITH
    rounds AS
    (
        SELECT
            account, region, function, subject, toStartOfFiveMinutes(time) AS slot, any(trigger) AS by,
            count() AS requests, min(time) AS begin, max(time) AS end, sum(duration_us) / 1e6 AS seconds,
            groupUniqArray(100)(environment) AS environments_slot, groupUniqArray(100)(request_id) AS ids_slot
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND function GLOBAL IN (
                SELECT function FROM routes
                WHERE slot >= toStartOfFiveMinutes({start:DateTime64(3)}) AND slot < {now:DateTime64(3)}
                    AND cityHash64(account, region, function, slot) IN {suspects:Array(UInt64)}
            )
            AND cityHash64(account, region, function, toStartOfFiveMinutes(time)) IN {suspects:Array(UInt64)}
            AND trigger NOT IN ('api', 'function-url', 'schedule') AND subject != 0
        GROUP BY account, region, function, subject, slot
    ),
    shared AS
    (
        SELECT *, requests / sum(requests) OVER (PARTITION BY account, region, function, slot) AS share
        FROM rounds
    ),
    loops AS
    (
        SELECT
            account, region, function, subject, any(by) AS by, sum(requests) AS requests_all, sum(seconds) AS run,
            min(begin) AS first_time, max(end) AS last_time, max(share) AS most_share,
            -- Two neighbouring slots hold any window of ten minutes but for its ends.
            max(requests) AS most_requests,
            groupUniqArrayArray(100)(environments_slot) AS environments, groupUniqArrayArray(100)(ids_slot) AS request_ids
        FROM shared
        WHERE share >= {min_share:Float64} AND requests >= {min_rounds:UInt32} / 4
        GROUP BY account, region, function, subject
        HAVING requests_all >= {min_rounds:UInt32} AND most_requests >= {min_rounds:UInt32} * 300 / {window:UInt32}
    )
SELECT
    concat(function, ' ', hex(subject)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, [function] AS functions, environments, toUInt64(length(environments)) AS environments_all,
    [] AS sources, request_ids, requests_all AS events, first_time, last_time,
    toUInt8(4) AS severity,
    [
        concat(toString(requests_all), ' invocations about one thing'),
        concat(toString(round(100 * most_share)), ' % of the function''s events in the same minutes')
    ] AS reasons,
    toJSONString(CAST(tuple(subject, by, run), 'Tuple(subject UInt64, trigger String, run Float64)')) AS facts
FROM loops
