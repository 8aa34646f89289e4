-- title: The code with which environments of the function started
-- function: String
-- version: String
SELECT time, hex(environment) AS environment, hex(code) AS code, log_stream
FROM environments
WHERE function = {function:String} AND version = {version:String}
    AND time >= {first_time:DateTime64(3)} - INTERVAL 1 DAY AND time <= {last_time:DateTime64(3)} + INTERVAL 1 HOUR
ORDER BY time
LIMIT {most:UInt32}
