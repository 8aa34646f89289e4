-- Calls of the whole fleet in steps of {step} seconds, and those that failed.
SELECT toStartOfInterval(time, toIntervalSecond({step:UInt32})) AS bucket, count() AS invocations,
    countIf(outcome != 'success' OR status >= 400) AS failures
FROM invocations
WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
GROUP BY bucket
ORDER BY bucket
