-- Each sender on each road: what it sent in the stretch, when it was last heard, and how far behind its lines were.
SELECT road, sender, count() AS batches, sum(batches.lines) AS lines, sum(batches.ours) AS ours, sum(batches.platform) AS platform, sum(batches.other) AS other,
    sum(batches.duplicates) AS duplicates, sum(batches.malformed) AS malformed, sum(batches.forged) AS forged, sum(batches.bytes) AS bytes,
    max(received) AS last_received, max(batches.newest) AS newest,
    quantileTDigest(0.5)(toFloat64(dateDiff('millisecond', batches.newest, received)) / 1000) AS lag_s
FROM batches
WHERE received >= {start:DateTime64(3)} AND received < {end:DateTime64(3)}
GROUP BY road, sender
ORDER BY last_received DESC, road, sender
LIMIT 100
