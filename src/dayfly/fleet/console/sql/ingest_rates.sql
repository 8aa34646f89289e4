-- What came in, in steps of {step} seconds, by road.
SELECT toStartOfInterval(received, toIntervalSecond({step:UInt32})) AS bucket, road,
    sum(batches.lines) AS lines, sum(batches.ours) AS ours, sum(batches.platform) AS platform, sum(batches.other) AS other,
    sum(batches.duplicates) AS duplicates, sum(batches.malformed) AS malformed, sum(batches.forged) AS forged, sum(batches.bytes) AS bytes, count() AS batches
FROM batches
WHERE received >= {start:DateTime64(3)} AND received < {end:DateTime64(3)}
GROUP BY bucket, road
ORDER BY bucket, road
