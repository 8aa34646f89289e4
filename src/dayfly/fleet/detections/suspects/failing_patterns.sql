-- Patterns that are new to a function which has been watched for long, mostly fail, and fail more often than its noise.
WITH
    seen AS
    (
        SELECT
            account, region, function, pattern, min(first) AS since, max(last) AS until, sum(requests) AS requests_all,
            sum(failed) AS failures_all
        FROM patterns
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND hour < {now:DateTime64(3)}
        GROUP BY account, region, function, pattern
    )
SELECT cityHash64(account, region, function, pattern) AS suspect
FROM
(
    SELECT
        *,
        min(since) OVER of_function AS watched_since,
        quantileIf(0.9)(failures_all, failures_all > 0.9 * requests_all) OVER of_function AS noise
    FROM seen
    WINDOW of_function AS (PARTITION BY account, region, function)
)
WHERE failures_all >= {min_failures:UInt32} AND failures_all >= {min_share:Float64} * requests_all
    AND until >= {start:DateTime64(3)}
    AND since >= watched_since + toIntervalSecond({learned:UInt32})
    AND since >= {start:DateTime64(3)} - toIntervalHour(6)
    AND failures_all >= {above_noise:UInt32} * if(isNaN(noise), 0, noise) * {window:UInt32} / 86400
ORDER BY failures_all DESC
LIMIT 1000
