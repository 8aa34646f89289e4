-- Whether this function's lines bear the fleet's proof: then those without it tell nothing. And how many callers it has.
SELECT
    (
        SELECT count() FROM environments
        WHERE function = {function:String} AND trust = 'verified'
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 DAY
    ) AS environments,
    (
        SELECT uniqExact(source) FROM invocations
        WHERE function = {function:String} AND source != 0
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    ) AS callers
