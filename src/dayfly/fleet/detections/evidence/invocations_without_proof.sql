-- title: Invocations without a Dayfly record
-- stream_list: Array(UInt64)
SELECT time, toString(function) AS function, version, lower(leftPad(hex(stream), 16, '0')) AS stream, request_id
FROM platform
WHERE kind = 'start' AND platform.stream IN {stream_list:Array(UInt64)}
    AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
    AND (platform.stream, request_id) GLOBAL NOT IN
    (
        SELECT stream, request_id FROM invocations
        WHERE stream IN {stream_list:Array(UInt64)} AND trust != 'unverified' AND time >= {first_time:DateTime64(3)} - INTERVAL 1 MINUTE
            AND time <= {last_time:DateTime64(3)} + INTERVAL 16 MINUTE
    )
ORDER BY time
LIMIT {most:UInt32}
