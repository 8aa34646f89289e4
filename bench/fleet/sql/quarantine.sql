-- Functions print all sorts of things, some of it half of a JSON object.
INSERT INTO quarantine (received, time, reason, detail, account, region, function, log_group, log_stream, stream, road, bytes, line)
SELECT
    ingested, time, 'malformed', 'the JSON ends early', account, region, function, concat('/aws/lambda/', function),
    lower(hex(stream)), stream, 'firehose', 4096, '{"timestamp":"2026-11-25T10:00:00.000Z","level":"INFO","message":"Dayfly: inv'
FROM invocations
WHERE cityHash64('quarantine', request_id) % 200000 = 0 AND time >= {begin:DateTime64(3)} AND time < {end:DateTime64(3)}
