-- Patterns that fail often and on many environments, and that the function was not sent before this time began.
SELECT DISTINCT pattern AS suspect
FROM
(
    SELECT function, pattern
    FROM failures
    WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND pattern != 0 AND status != 429
    GROUP BY function, pattern
    HAVING count() >= {min_failures:UInt32} AND uniqExact(environment) >= {min_environments:UInt32}
) AS failing
GLOBAL INNER JOIN
(
    SELECT function, pattern, sum(requests) AS requests_all, sum(failed) AS failures_all, min(first) AS since
    FROM patterns
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalHour(6) AND hour < {now:DateTime64(3)}
    GROUP BY function, pattern
    HAVING failures_all >= {min_share:Float64} * requests_all AND since >= {start:DateTime64(3)} - toIntervalHour(1)
) AS known USING (function, pattern)
LIMIT 1000
