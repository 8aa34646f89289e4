-- The platform's lines that the store has of the last while, newest last.
SELECT function, stream, time, kind, toString(request_id) AS request
FROM platform
WHERE time >= {since:DateTime64(3)}
ORDER BY time DESC
LIMIT {many:UInt32}
