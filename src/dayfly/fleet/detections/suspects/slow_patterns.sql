-- Patterns of the last day that mostly fail, from many callers, and that were not there when the day began.
WITH failing AS
(
    SELECT function, pattern, sum(requests) AS requests_all, sum(failed) AS failures_all, min(first) AS since
    FROM patterns
    WHERE hour >= {start:DateTime64(3)} AND hour < {now:DateTime64(3)}
    GROUP BY function, pattern
    HAVING failures_all >= {min_failures:UInt32} AND failures_all >= {min_share:Float64} * requests_all
)
SELECT DISTINCT pattern AS suspect
FROM patterns
WHERE hour >= {start:DateTime64(3)} AND hour < {now:DateTime64(3)}
    AND (function, pattern) GLOBAL IN (SELECT function, pattern FROM failing)
GROUP BY function, pattern
HAVING uniqCombinedMerge(12)(callers) >= {min_callers:UInt32}
    AND sum(failed) <= 1.1 * {most_per_caller:UInt32} * uniqCombinedMerge(12)(callers)
LIMIT 1000
