-- Patterns and callers that took more run time within an hour than the whole function does in a usual one.
WITH
    costly AS MATERIALIZED
    (
        SELECT account, region, function, hour, usual_hour
        FROM
        (
            SELECT
                account, region, function, toStartOfHour(slot) AS hour, sum(duration_us) / 1e6 AS seconds_hour,
                quantile(0.75)(sum(duration_us) / 1e6) OVER (PARTITION BY account, region, function) AS usual_hour
            FROM routes
            WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
            GROUP BY account, region, function, hour
        )
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND seconds_hour >= {min_seconds:UInt32}
            AND seconds_hour >= {times_usual:Float64} * usual_hour
    )
SELECT DISTINCT key AS suspect
FROM
(
    SELECT
        account, region, function, hour, cityHash64(account, region, function, 'pattern', pattern) AS key,
        sum(duration_us) / 1e6 AS seconds_hour
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        AND (function, hour) GLOBAL IN (SELECT function, hour FROM costly)
    GROUP BY account, region, function, pattern, hour
    UNION ALL
    SELECT
        account, region, function, hour, cityHash64(account, region, function, 'caller', source) AS key,
        sum(duration_us) / 1e6 AS seconds_hour
    FROM callers
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        AND (function, hour) GLOBAL IN (SELECT function, hour FROM costly)
    GROUP BY account, region, function, source, hour
) AS taken
GLOBAL INNER JOIN costly USING (account, region, function, hour)
WHERE seconds_hour >= {min_seconds:UInt32} AND seconds_hour >= {times_usual:Float64} * usual_hour
LIMIT 1000
