-- Patterns that are new to a function watched for long and met many environments within an hour whose first and last such
-- request lie close together.
WITH
    -- Row by row, without waiting for parts to be merged: a part of a long-lived pattern may look sudden, and the rule sees
    -- that it is not.
    sudden AS
    (
        SELECT account, region, function, pattern
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND requests >= {min_environments:UInt32} / 2
            AND toUnixTimestamp64Milli(last) - toUnixTimestamp64Milli(first) <= 2000 * {burst:UInt32}
            AND finalizeAggregation(environments) >= {min_environments:UInt32} / 2
    ),
    hot AS MATERIALIZED
    (
        SELECT account, region, function, pattern
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND (account, region, function, pattern) GLOBAL IN (SELECT account, region, function, pattern FROM sudden)
        GROUP BY account, region, function, pattern
        HAVING uniqCombinedMerge(12)(environments) >= {min_environments:UInt32}
    )
SELECT cityHash64(account, region, function, pattern) AS suspect
FROM hot
GLOBAL INNER JOIN
(
    SELECT account, region, function, pattern, min(first) AS since, sum(requests) AS requests_all, sum(failed) AS failures_all
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        AND (function, pattern) GLOBAL IN (SELECT function, pattern FROM hot)
    GROUP BY account, region, function, pattern
) AS known USING (account, region, function, pattern)
GLOBAL INNER JOIN
(
    SELECT account, region, function, min(slot) AS watched_since
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
        AND function GLOBAL IN (SELECT function FROM hot)
    GROUP BY account, region, function
) AS watched USING (account, region, function)
WHERE since >= watched_since + toIntervalSecond({learned:UInt32})
LIMIT 1000
