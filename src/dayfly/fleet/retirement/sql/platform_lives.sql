-- Environments of one function around an order, from the platform's own lines.
--
-- Old: began before the order, or nothing says that it began after it; where an alias was moved, what runs a version that
-- it led to before (`retired`), and the new one runs `fresh`. A stream is one environment, over all its lives.
-- Busy: began an invocation that no report ended, within the time one may take.
WITH
    lines AS
    (
        SELECT stream, kind, request_id, time, version, init_us
        FROM platform
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
            stream,
            if(empty({retired:Array(String)}),
                min(time) < fromUnixTimestamp64Milli({ordered:Int64}, 'UTC') OR countIf(kind = 'init') = 0,
                has({retired:Array(String)}, toString(any(version)))) AS is_old,
            max(init_us) AS init_took,
            uniqExactIf(request_id, kind = 'start' AND time > fromUnixTimestamp64Milli({effective:Int64}, 'UTC')) AS begun,
            maxIf(toUnixTimestamp64Milli(time), kind = 'start') AS last_begun,
            groupUniqArrayIf(
                request_id, kind = 'start' AND time > newest_line - toIntervalMillisecond({timeout:UInt32})) AS lately,
            groupUniqArrayIf(request_id, kind = 'report') AS reported
        FROM lines
        GROUP BY stream
    )
SELECT
    countIf(is_old) AS old,
    sumIf(begun, is_old) AS old_begun,
    maxIf(last_begun, is_old AND begun > 0) AS old_last,
    countIf(is_old AND NOT hasAll(reported, lately)) AS old_busy,
    countIf(NOT is_old AND begun > 0) AS new,
    sumIf(begun, NOT is_old) AS new_begun,
    maxIf(last_begun, NOT is_old) AS new_last,
    toUnixTimestamp64Milli(newest_line) AS newest,
    countIf(NOT is_old AND begun > 0 AND init_took > 0) AS inits,
    sumIf(init_took, NOT is_old AND begun > 0) AS init_us
FROM lives
