-- The platform's lines that the store has of the last while, newest first.
WITH (SELECT least({now:DateTime64(3)}, max(time)) - INTERVAL {hours:UInt32} HOUR FROM platform) AS since
SELECT function, stream, time, kind, toString(request_id) AS request
FROM platform
WHERE time >= since
ORDER BY time DESC
LIMIT {many:UInt32}
