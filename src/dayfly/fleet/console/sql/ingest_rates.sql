-- What came in, in steps of {step} seconds, by road.
SELECT toStartOfInterval(received, toIntervalSecond({step:UInt32})) AS bucket, road,
    sum(lines) AS lines, sum(ours) AS ours, sum(platform) AS platform, sum(other) AS other,
    sum(duplicates) AS duplicates, sum(malformed) AS malformed, sum(forged) AS forged, sum(bytes) AS bytes, count() AS batches
FROM batches
WHERE received >= {start:DateTime64(3)} AND received < {end:DateTime64(3)}
GROUP BY bucket, road
ORDER BY bucket, road
