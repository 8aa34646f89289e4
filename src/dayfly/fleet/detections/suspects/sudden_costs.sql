-- Patterns and callers that took more run time within an hour than the whole function does in a usual one.
WITH
    usual AS
    (
        SELECT account, region, function, quantile(0.75)(seconds_hour) AS usual_hour, count() AS hours
        FROM
        (
            SELECT account, region, function, toStartOfHour(slot) AS hour, sum(duration_us) / 1e6 AS seconds_hour
            FROM routes
            WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
            GROUP BY account, region, function, hour
        )
        GROUP BY account, region, function
    )
SELECT DISTINCT key AS suspect
FROM
(
    SELECT
        account, region, function, hour, cityHash64(account, region, function, 'pattern', pattern) AS key,
        sum(duration_us) / 1e6 AS seconds_hour
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
    GROUP BY account, region, function, pattern, hour
    HAVING seconds_hour >= {min_seconds:UInt32}
    UNION ALL
    SELECT
        account, region, function, hour, cityHash64(account, region, function, 'caller', source) AS key,
        sum(duration_us) / 1e6 AS seconds_hour
    FROM callers
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
    GROUP BY account, region, function, source, hour
    HAVING seconds_hour >= {min_seconds:UInt32}
) AS taken
GLOBAL INNER JOIN usual USING (account, region, function)
WHERE seconds_hour >= {times_usual:Float64} * usual_hour
LIMIT 1000
