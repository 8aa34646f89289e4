-- rule: forged_lines
-- title: Somebody writes lines that pass themselves off as Dayfly's
-- severity: high
-- technique: T1562.006, T1036
-- every: 60
-- lookback: 900
-- gap: 3600
-- story: {lines} lines in the log of {function} claim to be Dayfly's and are not ({why}). Whoever can print into that log wants
--   you to believe something: that an environment is well, or that another was attacked.
-- do: Do not believe the quarantined lines. Look at what was printed and by which environment's stream; code of the function
--   prints it, or a log group's resource policy lets others write. Retire the environments of those streams.
-- explain: Someone is writing fake security messages into our logs.
-- sees: every line that claims to be Dayfly's and fails its checks, grouped by function and hour.
-- misses: a forgery without a fleet key that agrees with everything that is known; set DAYFLY_FLEET_KEY.
-- evidence: quarantined_lines
-- param_many: 100 (UInt32) lines from which on it is critical
SELECT
    concat(function, ' ', account, ' ', region) AS subject_key,
    toStartOfHour(min(q.time)) AS episode,
    q.account AS account, q.region AS region, if(function = '', [], [toString(function)]) AS functions,
    CAST([], 'Array(UInt64)') AS environments, toUInt64(0) AS environments_all, CAST([], 'Array(UInt64)') AS sources,
    CAST([], 'Array(UUID)') AS request_ids, count() AS events, min(q.time) AS first_time, max(q.time) AS last_time,
    toUInt8(multiIf(count() >= {many:UInt32}, 5, 4)) AS severity,
    arrayConcat(
        [concat(toString(count()), ' forged lines in ', toString(uniqExact(stream)), ' streams of ', toString(uniqExact(log_group)), ' log groups')],
        arraySlice(groupUniqArray(5)(detail), 1, 5)
    ) AS reasons,
    toJSONString(CAST(
        tuple(toString(function), count(), uniqExact(stream), arrayStringConcat(groupUniqArray(3)(detail), '; '), groupUniqArray(5)(log_stream)),
        'Tuple(function String, lines UInt64, streams UInt64, why String, log_streams Array(String))'
    )) AS facts
FROM quarantine AS q
WHERE reason = 'forged' AND received >= {start:DateTime64(3)} AND received < {now:DateTime64(3)}
GROUP BY q.account, q.region, function
