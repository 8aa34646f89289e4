-- How one environment began.
SELECT time, version, log_group, log_stream, isolation, guard, dayfly_version, trust
FROM environments
WHERE function = {function:String} AND environment = {environment:UInt64}
ORDER BY time
LIMIT 1
