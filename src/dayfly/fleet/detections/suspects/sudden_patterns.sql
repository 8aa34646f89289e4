-- Patterns that were not there before this time and then met many environments, with the first and the last of the hour close
-- together, or so few requests per environment that a burst may be all of it.
WITH sudden AS
(
    SELECT function, pattern, min(first) AS since, sum(requests) AS requests_all
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
    GROUP BY function, pattern
    HAVING requests_all >= {min_environments:UInt32} AND max(last) >= {start:DateTime64(3)}
        AND since >= {start:DateTime64(3)} - toIntervalDay(1)
        -- A burst, some of them, or a burst with pings: never as many as honest use has in the same time.
        AND requests_all <= 4 * {most_per_environment:Float64} * 1000
        AND countIf(toUnixTimestamp64Milli(last) - toUnixTimestamp64Milli(first) <= 2000 * {burst:UInt32}) > 0
)
SELECT DISTINCT pattern AS suspect
FROM patterns
WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
    AND (function, pattern) GLOBAL IN (SELECT function, pattern FROM sudden)
GROUP BY function, pattern
HAVING uniqCombinedMerge(12)(environments) >= {min_environments:UInt32}
LIMIT 1000
