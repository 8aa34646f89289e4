-- title: Requests without a Dayfly record
-- function: String
-- stream_list: Array(UInt64)
SELECT time, version, lower(leftPad(hex(stream), 16, '0')) AS stream, request_id
FROM platform
WHERE kind = 'start' AND function = {function:String} AND platform.stream IN {stream_list:Array(UInt64)}
    AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
    AND request_id GLOBAL NOT IN
    (
        SELECT request_id FROM invocations
        WHERE function = {function:String} AND time >= {first_time:DateTime64(3)} - INTERVAL 15 MINUTE
            AND time <= {last_time:DateTime64(3)} + INTERVAL 15 MINUTE
    )
ORDER BY time
LIMIT {most:UInt32}
