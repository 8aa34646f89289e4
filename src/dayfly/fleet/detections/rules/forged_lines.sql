-- rule: forged_lines
-- title: Forged Dayfly log records
-- severity: high
-- technique: T1562.006, T1036
-- every: 60
-- lookback: 900
-- gap: 3600
-- story: {lines} log records of {function} claim to come from Dayfly but failed the check ({why}). Someone who can
--   write to this log may want to hide an attack or to fake one.
-- do: Do not trust the quarantined records. Check their contents and log streams. Either code in the function writes
--   them, or the log group's resource policy allows other writers. Recycle the environments of those log streams.
-- explain: Someone writes fake security messages into our logs.
-- sees: every record that claims to come from Dayfly and fails its checks, grouped by function and hour.
-- misses: without a fleet key, forged records that are consistent with all other data. Set DAYFLY_FLEET_KEY.
-- evidence: quarantined_lines
-- param_many: 100 (UInt32) records after which severity is critical
SELECT
    concat(function, ' ', account, ' ', region) AS subject_key,
    toStartOfHour(min(q.time)) AS episode,
    q.account AS account, q.region AS region, if(function = '', [], [toString(function)]) AS functions,
    CAST([], 'Array(UInt64)') AS environments, toUInt64(0) AS environments_all, CAST([], 'Array(UInt64)') AS sources,
    CAST([], 'Array(UUID)') AS request_ids, count() AS events, min(q.time) AS first_time, max(q.time) AS last_time,
    toUInt8(multiIf(count() >= {many:UInt32}, 5, 4)) AS severity,
    arrayConcat(
        [concat(toString(count()), ' forged records in ', toString(uniqExact(stream)), ' log streams of ', toString(uniqExact(log_group)), ' log groups')],
        arraySlice(groupUniqArray(5)(detail), 1, 5)
    ) AS reasons,
    toJSONString(CAST(
        tuple(toString(function), count(), uniqExact(stream), arrayStringConcat(groupUniqArray(3)(detail), '; '), groupUniqArray(5)(log_stream)),
        'Tuple(function String, lines UInt64, streams UInt64, why String, log_streams Array(String))'
    )) AS facts
FROM quarantine AS q
WHERE reason = 'forged' AND received >= {start:DateTime64(3)} AND received < {now:DateTime64(3)}
GROUP BY q.account, q.region, function
