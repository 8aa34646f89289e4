-- Callers and patterns that are new to a function watched for long and, hour after hour, call it a little and have it do next
-- to nothing.
SELECT key AS suspect
FROM
(
    SELECT
        account, region, function, cityHash64(account, region, function, 'caller', source) AS key,
        min(callers.first) AS since, max(callers.last) AS until, dateDiff('hour', min(hour), max(hour)) + 1 AS hours,
        sum(requests) AS requests_all
    FROM callers
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        AND duration_us <= 1000 * {most_milliseconds:Float64} * requests
    GROUP BY account, region, function, source
    HAVING requests_all >= {min_ticks:UInt32} AND hours >= 2
    UNION ALL
    SELECT
        account, region, function, cityHash64(account, region, function, 'pattern', pattern) AS key,
        min(patterns.first) AS since, max(patterns.last) AS until, dateDiff('hour', min(hour), max(hour)) + 1 AS hours,
        sum(requests) AS requests_all
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        AND duration_us <= 1000 * {most_milliseconds:Float64} * requests
    GROUP BY account, region, function, pattern
    HAVING requests_all >= {min_ticks:UInt32} AND hours >= 2
) AS regular
GLOBAL INNER JOIN
(
    SELECT account, region, function, min(slot) AS watched_since
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
    GROUP BY account, region, function
) AS watched USING (account, region, function)
WHERE since >= watched_since + toIntervalSecond({learned:UInt32}) AND until >= {start:DateTime64(3)}
    AND requests_all <= hours * 3600 / {min_period:UInt32} * 20
    AND toUnixTimestamp(until) - toUnixTimestamp(since) >= {min_ticks:UInt32} * {min_period:UInt32}
LIMIT 1000
