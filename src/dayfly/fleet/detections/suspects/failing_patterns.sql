-- Patterns that fail on many environments, are new to a function which has been watched for long, and fail more often than its
-- noise.
WITH
    failing AS
    (
        SELECT
            account, region, function, pattern, count() AS failures_here, uniqExact(environment) AS places,
            -- Of a handful of patterns none is the noise.
            if(
                count() OVER (PARTITION BY account, region, function) >= 10,
                quantile(0.9)(count()) OVER (PARTITION BY account, region, function), 0
            ) AS noise
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND pattern != 0 AND status != 429
        GROUP BY account, region, function, pattern
    ),
    hot AS MATERIALIZED
    (
        SELECT account, region, function, pattern, failures_here
        FROM failing
        WHERE failures_here >= {min_failures:UInt32} AND places >= {min_environments:UInt32}
            AND failures_here >= {above_noise:UInt32} * noise / 2
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
WHERE since >= watched_since + toIntervalSecond({learned:UInt32}) AND since >= {start:DateTime64(3)} - toIntervalHour(6)
    AND failures_all >= {min_share:Float64} * requests_all
ORDER BY failures_here DESC
LIMIT 1000
