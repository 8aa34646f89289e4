-- Environments of one function in the stretch: those named in {marked} first, then those that served last.
-- `served` says in which of {buckets} equal parts of the stretch an environment served.
SELECT
    environment,
    min(time) AS first_time,
    max(time) AS last_time,
    count() AS invocations,
    countIf(outcome != 'success' OR status >= 500) AS failures,
    max(invocations.age_ms) AS age_ms,
    argMax(invocations.version, time) AS version,
    argMax(invocations.code, time) AS code,
    arraySort(groupUniqArray(toUInt16(least({buckets:UInt16} - 1, intDiv(
        dateDiff('millisecond', {start:DateTime64(3)}, time) * {buckets:UInt16},
        dateDiff('millisecond', {start:DateTime64(3)}, {end:DateTime64(3)})))))) AS served,
    has({marked:Array(UInt64)}, environment) AS is_marked
FROM invocations
WHERE function = {function:String} AND time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
GROUP BY environment
ORDER BY is_marked DESC, last_time DESC, environment
LIMIT {most:UInt32}
