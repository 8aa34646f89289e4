-- What the newest environment of each function said of itself, and when the last line of Dayfly's and of Lambda's own came.
-- Lambda's lines of a day only: they are there to show that the function is called at all.
WITH
    begun AS
    (
        SELECT account, region, function, max(time) AS started, argMax(environments.dayfly_version, time) AS dayfly_version,
            argMax(environments.version, time) AS version, argMax(environments.isolation, time) AS isolation,
            argMax(environments.guard, time) AS guard, argMax(environments.not_promised, time) AS not_promised
        FROM environments
        WHERE time >= fromUnixTimestamp64Milli({since:Int64}) AND ({function:String} = '' OR function = {function:String})
        GROUP BY account, region, function
    ),
    called AS
    (
        SELECT account, region, function, max(time) AS last_invocation
        FROM platform
        WHERE time >= fromUnixTimestamp64Milli({lately:Int64}) AND kind IN ('start', 'report')
            AND ({function:String} = '' OR function = {function:String})
        GROUP BY account, region, function
    ),
    spoken AS
    (
        SELECT account, region, function, max(time) AS last_line
        FROM invocations
        WHERE time >= fromUnixTimestamp64Milli({lately:Int64}) AND ({function:String} = '' OR function = {function:String})
        GROUP BY account, region, function
    ),
    unforkable AS
    (
        SELECT account, region, function, argMax(findings.message, time) AS message
        FROM findings
        WHERE time >= fromUnixTimestamp64Milli({since:Int64}) AND kind = 'zygote.not-forkable'
            AND ({function:String} = '' OR function = {function:String})
        GROUP BY account, region, function
    )
SELECT
    account, region, function,
    toInt64(max(part.started)) AS started, argMax(part.dayfly_version, part.started) AS dayfly_version,
    argMax(part.version, part.started) AS version, argMax(part.isolation, part.started) AS isolation,
    argMax(part.guard, part.started) AS guard, argMax(part.not_promised, part.started) AS not_promised,
    max(part.message) AS message, toInt64(max(part.last_line)) AS last_line, toInt64(max(part.last_invocation)) AS last_invocation
FROM
(
    SELECT account, region, function, toUnixTimestamp64Milli(started) AS started, dayfly_version, version, isolation, guard, not_promised,
        '' AS message, toInt64(0) AS last_line, toInt64(0) AS last_invocation
    FROM begun
    UNION ALL
    SELECT account, region, function, toInt64(0), '', '', '', '', [], '', toInt64(0), toUnixTimestamp64Milli(last_invocation)
    FROM called
    UNION ALL
    SELECT account, region, function, toInt64(0), '', '', '', '', [], '', toUnixTimestamp64Milli(last_line), toInt64(0)
    FROM spoken
    UNION ALL
    SELECT account, region, function, toInt64(0), '', '', '', '', [], message, toInt64(0), toInt64(0)
    FROM unforkable
) AS part
GROUP BY account, region, function
ORDER BY function, account, region
