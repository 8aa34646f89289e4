-- title: Forged records
-- function: String
SELECT time, received, detail, log_group, log_stream, road, bytes
FROM quarantine
WHERE reason = 'forged' AND function = {function:String}
    AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
ORDER BY time
LIMIT {most:UInt32}
