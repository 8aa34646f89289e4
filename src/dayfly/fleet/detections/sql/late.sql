-- Hours of which lines came in lately, though they had happened long before.
SELECT
    toUnixTimestamp(toStartOfHour(time)) AS hour,
    toUnixTimestamp64Milli(min(time)) AS oldest_ms
FROM invocations
WHERE ingested >= {since:DateTime64(3)} AND time >= {oldest:DateTime64(3)} AND time < {before:DateTime64(3)}
GROUP BY hour
ORDER BY hour
