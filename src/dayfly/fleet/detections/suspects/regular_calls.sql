-- Callers and patterns that are new to a function watched for long and, hour after hour, call it a little and have it do next
-- to nothing.
SELECT key AS suspect, function, caller, pattern
FROM
(
    SELECT
        function_key, source AS caller, toUInt64(0) AS pattern, cityHash64(function_key, source) AS key,
        min(callers.first) AS since, max(callers.last) AS until, dateDiff('hour', min(hour), max(hour)) + 1 AS hours,
        sum(requests) AS requests_all
    FROM callers
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        AND duration_us <= 1000 * {most_milliseconds:Float64} * requests
    GROUP BY function_key, source
    HAVING requests_all >= {min_ticks:UInt32} AND hours >= 2
    UNION ALL
    SELECT
        function_key, toUInt64(0) AS caller, pattern, cityHash64(function_key, pattern) AS key,
        min(patterns.first) AS since, max(patterns.last) AS until, dateDiff('hour', min(hour), max(hour)) + 1 AS hours,
        sum(requests) AS requests_all
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        AND duration_us <= 1000 * {most_milliseconds:Float64} * requests
    GROUP BY function_key, pattern
    HAVING requests_all >= {min_ticks:UInt32} AND hours >= 2
) AS regular
GLOBAL INNER JOIN
(
    SELECT function_key, any(function) AS function, min(slot) AS watched_since
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
    GROUP BY function_key
) AS watched USING (function_key)
WHERE since >= watched_since + toIntervalSecond({learned:UInt32}) AND until >= {start:DateTime64(3)}
    AND requests_all <= hours * 3600 / {min_period:UInt32} * 20
    AND toUnixTimestamp(until) - toUnixTimestamp(since) >= {min_ticks:UInt32} * {min_period:UInt32}
LIMIT 1000
