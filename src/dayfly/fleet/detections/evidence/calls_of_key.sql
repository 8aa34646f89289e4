-- title: API calls of the access key
-- function: String
-- access_key: UInt64
SELECT time, region, event_source, event_name, source_ip, user_agent, error_code, role
FROM api_calls
WHERE function = {function:String} AND access_key = {access_key:UInt64}
    AND time >= {first_time:DateTime64(3)} - INTERVAL 1 DAY AND time <= {last_time:DateTime64(3)} + INTERVAL 1 DAY
ORDER BY time
LIMIT {most:UInt32}
