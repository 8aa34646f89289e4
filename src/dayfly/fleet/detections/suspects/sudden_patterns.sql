-- Patterns that are new to a function watched for long and met many environments within an hour whose first and last such
-- request lie close together.
WITH
    seen AS
    (
        SELECT
            account, region, function, pattern, min(first) AS since, max(last) AS until, sum(requests) AS requests_all,
            countIf(toUnixTimestamp64Milli(last) - toUnixTimestamp64Milli(first) <= 2000 * {burst:UInt32}
                AND requests >= {min_environments:UInt32} / 2) AS sudden_hours
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        GROUP BY account, region, function, pattern
    ),
    novel AS
    (
        SELECT account, region, function, pattern
        FROM
        (
            SELECT *, min(since) OVER (PARTITION BY account, region, function) AS watched_since
            FROM seen
        )
        WHERE requests_all >= {min_environments:UInt32} AND sudden_hours > 0 AND until >= {start:DateTime64(3)}
            AND since >= watched_since + toIntervalSecond({learned:UInt32})
    )
SELECT cityHash64(account, region, function, pattern) AS suspect
FROM patterns
WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
    AND (account, region, function, pattern) GLOBAL IN (SELECT account, region, function, pattern FROM novel)
GROUP BY account, region, function, pattern
HAVING uniqCombinedMerge(12)(environments) >= {min_environments:UInt32}
LIMIT 1000
