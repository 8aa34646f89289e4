-- Callers and patterns whose calls take far longer than those of the rest of their function, and take much time together.
WITH
    taken AS
    (
        SELECT
            function_key, source AS caller, toUInt64(0) AS pattern, cityHash64(function_key, source) AS key,
            sum(requests) AS requests_all, sum(duration_us) / 1e6 AS seconds
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        GROUP BY function_key, source
        HAVING seconds >= {min_seconds:UInt32} AND requests_all >= {min_requests:UInt32}
            AND seconds >= {min_mean:Float64} * requests_all
        UNION ALL
        SELECT
            function_key, toUInt64(0) AS caller, pattern, cityHash64(function_key, pattern) AS key,
            sum(requests) AS requests_all, sum(duration_us) / 1e6 AS seconds
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        GROUP BY function_key, pattern
        HAVING seconds >= {min_seconds:UInt32} AND requests_all >= {min_requests:UInt32}
            AND seconds >= {min_mean:Float64} * requests_all
    ),
    usual AS
    (
        SELECT function_key, any(function) AS function, sum(requests) AS requests_function, sum(duration_us) / 1e6 AS seconds_function
        FROM routes
        WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
        GROUP BY function_key
    )
SELECT key AS suspect, function, caller, pattern
FROM taken
GLOBAL INNER JOIN usual USING (function_key)
WHERE seconds / requests_all >= 0.7 * {times_usual:Float64} * greatest(seconds_function - seconds, 0)
    / greatest(toInt64(requests_function) - toInt64(requests_all), 1)
ORDER BY seconds DESC
LIMIT 1000
