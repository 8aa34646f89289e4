-- Patterns that are new to a function watched for long and met many environments within an hour whose first and last such
-- request lie close together.
WITH
    -- Row by row, without waiting for parts to be merged: a part of a long-lived pattern may look sudden, and the rule sees
    -- that it is not.
    sudden AS
    (
        SELECT function_key, pattern
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND requests >= {min_environments:UInt32} / 2
            AND toUnixTimestamp64Milli(last) - toUnixTimestamp64Milli(first) <= 2000 * {burst:UInt32}
            AND finalizeAggregation(environments) >= {min_environments:UInt32} / 2
    ),
    hot AS MATERIALIZED
    (
        SELECT function_key, pattern
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND (function_key, pattern) IN (SELECT function_key, pattern FROM sudden)
        GROUP BY function_key, pattern
        HAVING uniqCombinedMerge(12)(environments) >= {min_environments:UInt32}
    )
SELECT cityHash64(function_key, pattern) AS suspect, function, pattern
FROM hot
GLOBAL INNER JOIN
(
    SELECT function_key, pattern, min(first) AS since, sum(requests) AS requests_all, sum(failed) AS failures_all
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        AND (function_key, pattern) IN (SELECT function_key, pattern FROM hot)
    GROUP BY function_key, pattern
) AS known USING (function_key, pattern)
GLOBAL INNER JOIN
(
    SELECT function_key, any(function) AS function, min(slot) AS watched_since
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
        AND function_key IN (SELECT function_key FROM hot)
    GROUP BY function_key
) AS watched USING (function_key)
WHERE since >= watched_since + toIntervalSecond({learned:UInt32})
LIMIT 1000
