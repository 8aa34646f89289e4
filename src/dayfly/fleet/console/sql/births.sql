-- Environments that began in steps of {step} seconds.
SELECT toStartOfInterval(time, toIntervalSecond({step:UInt32})) AS bucket, count() AS born
FROM environments
WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
GROUP BY bucket
ORDER BY bucket
