-- Patterns and callers that took more run time within an hour than the whole function does in a usual one.
WITH
    costly AS MATERIALIZED
    (
        SELECT function_key, function, hour, usual_hour
        FROM
        (
            SELECT
                function_key, any(function) AS function, toStartOfHour(slot) AS hour, sum(duration_us) / 1e6 AS seconds_hour,
                quantile(0.75)(sum(duration_us) / 1e6) OVER (PARTITION BY function_key) AS usual_hour
            FROM routes
            WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
            GROUP BY function_key, hour
        )
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND seconds_hour >= {min_seconds:UInt32}
            AND seconds_hour >= {times_usual:Float64} * usual_hour
    )
SELECT DISTINCT key AS suspect, function, caller, pattern
FROM
(
    SELECT
        function_key, hour, toUInt64(0) AS caller, pattern, cityHash64(function_key, pattern) AS key,
        sum(duration_us) / 1e6 AS seconds_hour
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        AND (function_key, hour) IN (SELECT function_key, hour FROM costly)
    GROUP BY function_key, pattern, hour
    UNION ALL
    SELECT
        function_key, hour, source AS caller, toUInt64(0) AS pattern, cityHash64(function_key, source) AS key,
        sum(duration_us) / 1e6 AS seconds_hour
    FROM callers
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        AND (function_key, hour) IN (SELECT function_key, hour FROM costly)
    GROUP BY function_key, source, hour
) AS taken
GLOBAL INNER JOIN costly USING (function_key, hour)
WHERE seconds_hour >= {min_seconds:UInt32} AND seconds_hour >= {times_usual:Float64} * usual_hour
LIMIT 1000
