-- rule: recursion
-- title: Recursive invocation loop
-- severity: high
-- technique: T1496.004
-- every: 60
-- lookback: 1800
-- gap: 3600
-- story: {trigger} invoked {function} {events} times within {seconds:duration} about the same object or message
--   ({subject:hash}), on {environments} environments, with a total run time of {run:duration}: the function's output
--   triggers it again.
-- do: Set the function's reserved concurrency to 0 to stop it now. Then break the loop: write to a different bucket,
--   queue or topic than the one you read from. Lambda's recursive loop detection covers only SQS, SNS and S3. Find
--   out who wrote the first object or message.
-- explain: The function's output is its next input. Each round costs money and starts the next.
-- sees: events (not requests of callers, not schedules) about the same thing, `min_rounds` times within `window`
--   seconds. Normal use invokes the function once or a few times; retries and redeliveries are far fewer.
-- misses: loops in which the event changes beyond recognition each round, and loops with less than `min_share` of the
--   function's events.
-- suspects: event_spikes
-- evidence: requests_of_subject
-- param_window: 600 (UInt32) length of the sliding window in seconds
-- param_min_rounds: 60 (UInt32) invocations about one thing within a window
-- param_min_share: 0.4 (Float64) share of the function's events in the same minutes that are about this thing
WITH
    rounds AS MATERIALIZED
    (
        SELECT function_key, subject, toStartOfFiveMinutes(time) AS slot, count() AS requests
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)}
            AND cityHash64(function_key, toStartOfFiveMinutes(time)) IN {suspects:Array(UInt64)}
            AND trigger NOT IN ('rest-api', 'http-api', 'function-url', 'alb', 'websocket', 'authorizer', 'cognito', 'lex', 'schedule', 'api') AND subject != 0
        GROUP BY function_key, subject, slot
        HAVING requests >= {min_rounds:UInt32} / 4
    ),
    slots AS
    (
        SELECT function_key, slot, any(function) AS function, sum(requests) AS requests_slot
        FROM routes
        WHERE slot >= toStartOfFiveMinutes({start:DateTime64(3)}) AND slot < {now:DateTime64(3)}
            AND cityHash64(function_key, slot) IN {suspects:Array(UInt64)}
            AND trigger NOT IN ('rest-api', 'http-api', 'function-url', 'alb', 'websocket', 'authorizer', 'cognito', 'lex', 'schedule', 'api')
        GROUP BY function_key, slot
    ),
    loops AS MATERIALIZED
    (
        SELECT
            function_key, subject, any(slots.function) AS function, min(slot) AS begin, max(slot) + toIntervalMinute(5) AS end,
            max(requests / requests_slot) AS most_share
        FROM rounds
        INNER JOIN slots USING (function_key, slot)
        WHERE requests >= {min_share:Float64} * requests_slot
        GROUP BY function_key, subject
        -- Two neighbouring slots hold any window but for its ends.
        HAVING sum(requests) >= {min_rounds:UInt32} AND max(requests) >= {min_rounds:UInt32} * 300 / {window:UInt32}
    )
SELECT
    concat(any(invocations.function), ' ', hex(subject)) AS subject_key,
    toStartOfHour(first_time) AS episode,
    any(account) AS account, any(region) AS region, [any(invocations.function)] AS functions, groupUniqArray(100)(environment) AS environments,
    uniqExact(environment) AS environments_all, [] AS sources, groupUniqArray(100)(request_id) AS request_ids,
    count() AS events, min(time) AS first_time, max(time) AS last_time,
    toUInt8(4) AS severity,
    [
        concat(toString(events), ' invocations about the same thing'),
        concat(toString(round(100 * any(most_share))), ' % of the function''s events in the same minutes')
    ] AS reasons,
    toJSONString(CAST(
        tuple(subject, any(trigger), sum(duration_us) / 1e6), 'Tuple(subject UInt64, trigger String, run Float64)'
    )) AS facts
FROM invocations
GLOBAL INNER JOIN loops USING (function_key, subject)
WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND time >= begin AND time < end
    AND invocations.function IN (SELECT function FROM loops) AND subject IN (SELECT subject FROM loops)
GROUP BY function_key, subject
