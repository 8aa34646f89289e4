-- Log streams of a function without Dayfly's lines: one stream is one environment.
SELECT
    stream,
    min(time) AS first_time,
    max(time) AS last_time,
    countIf(kind = 'report') AS invocations,
    countIf(kind = 'report' AND status NOT IN ('', 'success')) AS failures,
    argMax(platform.version, time) AS version,
    arraySort(groupUniqArray(toUInt16(least({buckets:UInt16} - 1, intDiv(
        dateDiff('millisecond', {start:DateTime64(3)}, time) * {buckets:UInt16},
        dateDiff('millisecond', {start:DateTime64(3)}, {end:DateTime64(3)})))))) AS served
FROM platform
WHERE function = {function:String} AND time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
GROUP BY stream
ORDER BY last_time DESC, stream
LIMIT {most:UInt32}
