-- Log streams of one function that serve and of which Dayfly said nothing, lately.
SELECT uniqExact(stream) AS environments, uniqExact(request_id) AS invocations, toUnixTimestamp64Milli(max(time)) AS last
FROM platform
WHERE function = {function:String} AND kind = 'start' AND stream != 0
    AND ({account:String} = '' OR account = '' OR account = {account:String})
    AND ({region:String} = '' OR region = '' OR region = {region:String})
    AND time >= fromUnixTimestamp64Milli({lately:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND stream NOT IN
    (
        SELECT stream FROM environments
        WHERE function = {function:String} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 DAY
    )
