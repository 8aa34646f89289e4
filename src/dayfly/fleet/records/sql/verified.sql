-- Environments that proved their lines, the newest first: a reader that begins anew believes nobody else in their streams.
SELECT
    environment,
    any(account) AS account,
    any(region) AS region,
    any(function) AS function,
    any(version) AS version,
    any(log_stream) AS log_stream,
    toFloat64(max(time)) AS last
FROM environments
WHERE trust = 'verified' AND time >= {since:DateTime64(3)}
GROUP BY environment
ORDER BY last DESC
LIMIT {most:UInt32}
