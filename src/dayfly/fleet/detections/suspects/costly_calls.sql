-- Callers and patterns whose calls take far longer than those of the rest of their function, and take much time together.
WITH
    taken AS
    (
        SELECT
            account, region, function, cityHash64(account, region, function, 'caller', source) AS key,
            sum(requests) AS requests_all, sum(duration_us) / 1e6 AS seconds
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        GROUP BY account, region, function, source
        HAVING seconds >= {min_seconds:UInt32} AND requests_all >= {min_requests:UInt32}
            AND seconds >= {min_mean:Float64} * requests_all
        UNION ALL
        SELECT
            account, region, function, cityHash64(account, region, function, 'pattern', pattern) AS key,
            sum(requests) AS requests_all, sum(duration_us) / 1e6 AS seconds
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        GROUP BY account, region, function, pattern
        HAVING seconds >= {min_seconds:UInt32} AND requests_all >= {min_requests:UInt32}
            AND seconds >= {min_mean:Float64} * requests_all
    ),
    usual AS
    (
        SELECT account, region, function, sum(requests) AS requests_function, sum(duration_us) / 1e6 AS seconds_function
        FROM routes
        WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
        GROUP BY account, region, function
    )
SELECT key AS suspect
FROM taken
GLOBAL INNER JOIN usual USING (account, region, function)
WHERE seconds / requests_all >= 0.7 * {times_usual:Float64} * greatest(seconds_function - seconds, 0)
    / greatest(toInt64(requests_function) - toInt64(requests_all), 1)
ORDER BY seconds DESC
LIMIT 1000
