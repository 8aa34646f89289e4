-- Each sender on each road: what it sent in the stretch, when it was last heard, and how far behind its lines were.
SELECT road, sender, count() AS batches, sum(lines) AS lines, sum(ours) AS ours, sum(platform) AS platform, sum(other) AS other,
    sum(duplicates) AS duplicates, sum(malformed) AS malformed, sum(forged) AS forged, sum(bytes) AS bytes,
    max(received) AS last_received, max(newest) AS newest,
    quantileTDigest(0.5)(toFloat64(dateDiff('millisecond', newest, received)) / 1000) AS lag_s
FROM batches
WHERE received >= {start:DateTime64(3)} AND received < {end:DateTime64(3)}
GROUP BY road, sender
ORDER BY last_received DESC, road, sender
LIMIT 100
