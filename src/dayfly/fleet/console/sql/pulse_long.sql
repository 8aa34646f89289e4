-- Calls of the whole fleet in steps of {step} seconds, a multiple of five minutes, and those that were refused or failed.
SELECT toStartOfInterval(slot, toIntervalSecond({step:UInt32})) AS bucket, sum(routes.requests) AS invocations, sum(routes.failed) AS failures
FROM routes
WHERE slot >= {start:DateTime64(3)} AND slot < {end:DateTime64(3)}
GROUP BY bucket
ORDER BY bucket
