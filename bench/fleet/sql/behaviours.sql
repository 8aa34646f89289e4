-- What each environment was seen to do at its first invocation: as many uses as its sequence numbers leave room for.
INSERT INTO behaviours
(
    time, ingested, account, region, function, version, environment, stream, sequence, request_id, kind, target, package,
    package_version, verdict, technique, trust
)
SELECT
    i.time, i.ingested, i.account, i.region, i.function, i.version, i.environment, i.stream,
    2 + number AS sequence,
    i.request_id,
    use.1, use.2, use.3, '1.0.0', 'used', '', 'verified'
FROM invocations AS i
ARRAY JOIN
    range(1, toUInt32(i.sequence - 2)) AS number,
    arraySlice(
        arrayRotateLeft(
            [
                ('network', concat('dynamodb.', i.region, '.amazonaws.com:443'), 'botocore'),
                ('network', 'api.stripe.com:443', 'stripe'),
                ('network', concat('s3.', i.region, '.amazonaws.com:443'), 'botocore'),
                ('read', '${TASK}/templates/receipt.html', 'jinja2'),
                ('network', concat('cache.', i.function, '.internal:6379'), 'redis'),
                ('write', '${TMP}/fonts.cache', 'reportlab'),
                ('process', 'ffmpeg', 'function')
            ],
            cityHash64(i.function) % 7
        ),
        1, i.sequence - 3
    ) AS use
WHERE i.invocation = 1 AND i.sequence > 3 AND i.time >= {begin:DateTime64(3)} AND i.time < {end:DateTime64(3)}
