-- The same from Dayfly's own lines, where the platform's do not come along: a line says how old its environment was.
--
-- Nothing here tells who is still at work.
WITH
    lines AS
    (
        SELECT
            environment, request_id, time, version,
            toUnixTimestamp64Milli(time) - toInt64(age_ms) AS born,
            toUnixTimestamp64Milli(time) - toInt64(intDiv(duration_us, 1000)) AS began
        FROM invocations
        WHERE function = {function:String}
            AND ({account:String} = '' OR account = '' OR account = {account:String})
            AND ({region:String} = '' OR region = '' OR region = {region:String})
            AND if(empty({retired:Array(String)}), version IN ('', '$LATEST'),
                version = {fresh:String} OR has({retired:Array(String)}, toString(version)))
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    ),
    (SELECT max(time) FROM lines) AS newest_line,
    lives AS
    (
        SELECT
            environment,
            if(empty({retired:Array(String)}), min(born) < {ordered:Int64},
                has({retired:Array(String)}, toString(any(version)))) AS is_old,
            uniqExactIf(request_id, began > {effective:Int64}) AS begun,
            max(began) AS last_begun
        FROM lines
        GROUP BY environment
    )
SELECT
    countIf(is_old) AS old,
    sumIf(begun, is_old) AS old_begun,
    maxIf(last_begun, is_old AND begun > 0) AS old_last,
    0 AS old_busy,
    countIf(NOT is_old AND begun > 0) AS new,
    sumIf(begun, NOT is_old) AS new_begun,
    maxIf(last_begun, NOT is_old) AS new_last,
    toUnixTimestamp64Milli(newest_line) AS newest,
    0 AS inits,
    0 AS init_us
FROM lives
