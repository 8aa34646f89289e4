-- Patterns that fail on many environments, are new to a function which has been watched for long, and fail more often than its
-- noise.
WITH
    failing AS
    (
        SELECT
            function_key, pattern, count() AS failures_here, uniqExact(environment) AS places,
            -- Of a handful of patterns none is the noise.
            if(
                count() OVER (PARTITION BY function_key) >= 10,
                quantile(0.9)(count()) OVER (PARTITION BY function_key), 0
            ) AS noise
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND pattern != 0 AND status != 429
        GROUP BY function_key, pattern
    ),
    hot AS MATERIALIZED
    (
        SELECT function_key, pattern, failures_here
        FROM failing
        WHERE failures_here >= {min_failures:UInt32} AND places >= {min_environments:UInt32}
            AND failures_here >= {above_noise:UInt32} * noise / 2
    )
SELECT cityHash64(function_key, pattern) AS suspect
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
    SELECT function_key, min(slot) AS watched_since
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
        AND function_key IN (SELECT function_key FROM hot)
    GROUP BY function_key
) AS watched USING (function_key)
WHERE since >= watched_since + toIntervalSecond({learned:UInt32}) AND since >= {start:DateTime64(3)} - toIntervalHour(6)
    AND failures_all >= {min_share:Float64} * requests_all
ORDER BY failures_here DESC
LIMIT 1000
