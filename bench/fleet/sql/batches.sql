-- What the collector took in: a batch every ten seconds and more when there was more.
INSERT INTO batches (received, token, road, sender, bytes, lines, ours, platform, other, newest)
SELECT
    max(ingested) AS received, lower(hex(sipHash128('batch', slot))), 'firehose', 'delivery-stream', count() * 1800,
    count() * 4, count(), count() * 2, count(), max(time)
FROM invocations
WHERE time >= {begin:DateTime64(3)} AND time < {end:DateTime64(3)}
GROUP BY toStartOfInterval(time, toIntervalSecond(10)) AS slot
