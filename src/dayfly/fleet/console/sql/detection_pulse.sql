-- Calls of the functions that a detection names around it, in equal steps, and those of its environments among them.
SELECT toStartOfInterval(time, toIntervalSecond({step:UInt32})) AS bucket, count() AS invocations,
    countIf(outcome != 'success' OR status >= 400) AS refused,
    countIf(source IN {sources:Array(UInt64)}) AS from_sources
FROM invocations
WHERE function IN {functions:Array(String)} AND time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
GROUP BY bucket
ORDER BY bucket
