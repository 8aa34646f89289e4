-- rule: unaccounted_invocations
-- title: Invocations that Dayfly did not serve
-- severity: critical
-- technique: T1557, T1574
-- every: 120
-- lookback: 3600
-- gap: 21600
-- limit: 60
-- story: {summary} {judgement}
-- do: Recycle these environments now (`dayfly recycle --only infected`), and treat the listed requests as read and answered by an
--   attacker. Find the request that took the environment over: the last one with a Dayfly record before them. Where the Runtime
--   API can be locked, lock it (`api_lock`). Where the answer is "unknown", complete the logs: see the reasons.
-- explain: Lambda handed requests to this copy of the function, and Dayfly did not serve them. Somebody else in the environment did.
-- sees: START records without the signed record that Dayfly writes before it asks for another event. A record's number proves how
--   many events came before it, so a lost record is not an alarm. Needs `log_invocations = on` and, to be proof against
--   forged records, a fleet key.
-- misses: invocations that Dayfly answered although an attacker had read them; one that ends its environment. "Unknown" is
--   reported as informational: records that are missing, START records that are missing, an environment's last invocation.
-- suspects: unproved_streams
-- evidence: invocations_without_proof
-- param_settle: 300 (UInt32) seconds that a record may take to arrive
-- param_retry: 30 (UInt32) seconds after which a START with the same request ID is a retry, not a duplicate
-- param_clock: 5 (UInt32) seconds that the clocks of an environment and of Lambda may be apart
-- param_longest: 960 (UInt32) seconds after which an invocation without a REPORT is no longer running
WITH
    -- The lives of Dayfly's supervisors in these streams that say that each invocation gets a record.
    supervisors AS
    (
        SELECT stream, arraySort(groupArray((began, environment))) AS begun
        FROM
        (
            SELECT stream, environment, min(time) AS began
            FROM environments
            WHERE stream IN {suspects:Array(UInt64)} AND time >= {start:DateTime64(3)} - INTERVAL 1 DAY AND time < {now:DateTime64(3)}
                AND log_invocations = 'on' AND trust != 'unverified'
            GROUP BY stream, environment
        )
        GROUP BY stream
    ),
    -- What was said of each request in its stream. Two hours before the span show what came before a long pause.
    said AS
    (
        SELECT account, region, toString(function) AS function, stream, request_id, time, 'start' AS kind, toUInt64(0) AS environment,
            toUInt32(0) AS invocation,
            time > lagInFrame(time, 1, toDateTime64(0, 3, 'UTC')) OVER earlier + toIntervalSecond({retry:UInt32}) AS is_new
        FROM platform
        WHERE platform.kind = 'start' AND stream IN {suspects:Array(UInt64)}
            AND time >= {start:DateTime64(3)} - INTERVAL 2 HOUR AND time < {now:DateTime64(3)}
        WINDOW earlier AS (PARTITION BY account, region, function, stream, request_id ORDER BY time
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        UNION ALL
        SELECT account, region, toString(function) AS function, stream, request_id, time, if(status = '', 'well', 'ill') AS kind, 0, 0, 0
        FROM platform
        WHERE platform.kind = 'report' AND stream IN {suspects:Array(UInt64)}
            AND time >= {start:DateTime64(3)} - INTERVAL 2 HOUR AND time < {now:DateTime64(3)}
        UNION ALL
        SELECT account, region, toString(function) AS function, stream, request_id, time, 'told' AS kind, environment, invocation, 0
        FROM invocations
        WHERE stream IN {suspects:Array(UInt64)} AND invocations.function IN {suspect_functions:Array(String)} AND trust != 'unverified'
            AND time >= {start:DateTime64(3)} - INTERVAL 2 HOUR AND time < {now:DateTime64(3)}
    ),
    tries AS MATERIALIZED
    (
        SELECT max(account) AS account, max(region) AS region, max(function) AS function, stream, request_id,
            countIf(kind = 'start') > 0 AS has_start, minIf(time, kind = 'start') AS at,
            maxIf(time, kind IN ('well', 'ill')) AS ended, countIf(kind = 'well') > 0 AS is_well, countIf(kind = 'ill') > 0 AS is_ill,
            countIf(kind = 'told') > 0 AS is_told, max(environment) AS home, max(invocation) AS number
        FROM
        (
            SELECT *, greatest(1, sum(is_new) OVER whole) AS attempt
            FROM said
            -- A supervisor's clock may be behind the platform's; a retry comes a minute later.
            WINDOW whole AS (PARTITION BY stream, request_id
                ORDER BY time + if(kind = 'told', toIntervalSecond(intDiv({retry:UInt32}, 2)), toIntervalSecond(0)), kind = 'start' DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
        GROUP BY stream, request_id, attempt
        HAVING has_start OR is_told
    ),
    -- What has a record of Dayfly's alone: its time is by another clock, so only its number tells its place.
    records_without_start AS
    (
        SELECT stream, groupArray((home, number)) AS numbers
        FROM tries
        WHERE NOT has_start
        GROUP BY stream
    ),
    -- Each record of Dayfly's begins a turn, to which the invocations without a record after it belong.
    turns AS
    (
        SELECT max(account) AS account, max(region) AS region, max(function) AS function, stream, turn,
            maxIf(home, is_told) AS home_before, maxIf(number, is_told) AS number_before,
            arraySort(groupArrayIf((at, toString(request_id), ended, is_well, is_ill, is_last), NOT is_told)) AS untold
        FROM
        (
            SELECT *, sum(is_told) OVER so_far AS turn, at = max(at) OVER stream_whole AS is_last
            FROM tries
            WHERE has_start
            WINDOW so_far AS (PARTITION BY stream ORDER BY at, is_told DESC, request_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                stream_whole AS (PARTITION BY stream)
        )
        GROUP BY stream, turn
    ),
    -- How complete a function's records are, and until when they come in.
    quality AS
    (
        SELECT account, region, toString(called) AS function, sum(have) AS records, sum(most - least + 1 - have) AS missing, max(last) AS last_record
        FROM
        (
            SELECT account, region, function AS called, environment, uniqExact(invocation) AS have, min(invocation) AS least, max(invocation) AS most,
                max(time) AS last
            FROM invocations
            WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND function IN {suspect_functions:Array(String)}
                AND invocation != 0 AND trust != 'unverified'
            GROUP BY account, region, called, environment
        )
        GROUP BY account, region, function
    ),
    calls AS
    (
        SELECT toString(called) AS function, groupArray(last_start) AS last_starts
        FROM
        (
            SELECT function AS called, stream, max(starts.last) AS last_start
            FROM starts
            WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)} AND function IN {suspect_functions:Array(String)}
            GROUP BY called, stream
        )
        GROUP BY function
    ),
    looked_at AS MATERIALIZED
    (
        SELECT t.account AS account, t.region AS region, t.function AS function, t.stream AS stream,
            if(t.is_first, length(g.numbers), 0) AS startless,
            t.home_before != 0 AND t.home_before = t.home_after AS is_within,
            -- Events that the supervisor counted before the next record: it served them, and their records were lost.
            if(is_within, t.number_before, 0) AS counted,
            greatest(0, toInt64(t.number_after) - toInt64(counted) - 1
                - toInt64(arrayCount(x -> x.1 = t.home_after AND x.2 > counted AND x.2 < t.number_after, g.numbers))) AS lost,
            arrayFilter(x -> x.1 < {now:DateTime64(3)} - toIntervalSecond({settle:UInt32}), t.untold) AS settled,
            -- Within a life that goes on, no platform error ended one. At a life's edge its last invocation may have failed, or be running.
            arrayFilter(x -> if(is_within, x.4 OR NOT x.5, x.4 AND NOT x.6 AND arrayExists(b -> b.1 <= x.3 + toIntervalSecond({clock:UInt32}), s.begun)), settled) AS stolen,
            toUInt64(greatest(0, toInt64(length(stolen)) - lost)) AS excess,
            -- At an edge nobody counts. One record may have been lost there; several only where this happens to other records, too,
            -- and where those of the function do not come in any more.
            t.home_after != 0 OR q.last_record > stolen[1].1 OR arrayCount(l -> l > stolen[1].1, c.last_starts) <= 1 AS is_heard,
            excess > 0 AND (is_within OR (excess > 1 AND is_heard AND empty(g.numbers) AND q.missing * 1000 <= q.records)) AS is_sure,
            if(is_within, t.home_before, arrayLast(b -> b.1 <= stolen[-1].3 + toIntervalSecond({clock:UInt32}), s.begun).2) AS environment,
            -- The process that took one of them, and went on to the last, took that, too.
            if(is_sure AND NOT is_within, arrayFilter(x -> x.4 AND arrayExists(b -> b.1 <= x.3 + toIntervalSecond({clock:UInt32}), s.begun), settled), stolen) AS named,
            -- A platform error ends a life, and the next one says that it began.
            greatest(0, toInt64(arrayCount(x -> NOT x.4 AND x.5, settled))
                - if(is_within, 0, toInt64(1 + arrayCount(b -> b.1 > settled[1].1, s.begun)))) AS failed_on,
            arrayCount(x -> x.4 AND x.6 AND NOT is_within AND NOT has(named, x), settled) AS last_ones,
            arrayCount(x -> NOT x.4 AND NOT x.5 AND NOT is_within AND x.1 < {now:DateTime64(3)} - toIntervalSecond({longest:UInt32}), settled) AS unreported
        FROM
        (
            SELECT *, turn = min(turn) OVER (PARTITION BY stream) AS is_first, leadInFrame(home_before, 1, 0) OVER following AS home_after, leadInFrame(number_before, 1, 0) OVER following AS number_after
            FROM turns
            WINDOW following AS (PARTITION BY stream ORDER BY turn ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
        ) AS t
        GLOBAL INNER JOIN supervisors AS s ON s.stream = t.stream
        GLOBAL LEFT JOIN records_without_start AS g ON g.stream = t.stream
        GLOBAL LEFT JOIN quality AS q ON q.account = t.account AND q.region = t.region AND q.function = t.function
        GLOBAL LEFT JOIN calls AS c ON c.function = t.function
        WHERE arrayExists(x -> x.1 >= {start:DateTime64(3)}, t.untold) OR (t.is_first AND notEmpty(g.numbers))
    )
SELECT
    concat(function, ' ', account, ' ', region) AS subject_key,
    min(named[1].1) AS episode,
    account, region, [function] AS functions, groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, arraySlice(arrayDistinct(arrayFlatten(groupArray(arrayMap(x -> x.2, named)))), 1, 100) AS request_ids,
    sum(served_by_others) AS events, min(named[1].1) AS first_time, max(named[-1].1) AS last_time, toUInt8(5) AS severity,
    arrayFilter(x -> x != '', [
        concat(toString(sum(served_by_others)), ' START records have no Dayfly record, in ', toString(uniqExact(stream)), ' log streams'),
        if(max(is_within), 'the supervisor counted none of them between the records before and after', ''),
        if(sum(length(named)) > sum(served_by_others),
            concat('the records of ', toString(sum(length(named)) - sum(served_by_others)), ' other invocations are missing, too, and the list contains those'), ''),
        if(NOT max(is_within), 'the environment went on to the next invocation, which Dayfly does only after its record', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(function, concat('Lambda started ', toString(sum(served_by_others)), ' invocations of ', function, ' in ', toString(uniqExact(environment)),
                ' environments that Dayfly did not serve.'),
            'Another process took them from the Runtime API: an earlier request took over the environment.', sum(served_by_others), groupUniqArray(100)(stream)),
        'Tuple(function String, summary String, judgement String, unserved UInt64, stream_list Array(UInt64))'
    )) AS facts
FROM (SELECT *, excess + length(named) - length(stolen) AS served_by_others FROM looked_at)
WHERE is_sure
GROUP BY account, region, function
UNION ALL
SELECT
    concat('unknown ', account, ' ', region) AS subject_key,
    min(if(empty(settled), {now:DateTime64(3)}, settled[1].1)) AS episode,
    account, region, groupUniqArray(1000)(function) AS functions, CAST([], 'Array(UInt64)') AS environments, uniqExact(stream) AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, CAST([], 'Array(String)') AS request_ids, sum(doubtful + failed_on + last_ones + unreported + startless) AS events,
    episode AS first_time, max(if(empty(settled), {now:DateTime64(3)}, settled[-1].1)) AS last_time, toUInt8(1) AS severity,
    arrayFilter(x -> x != '', [
        if(sum(doubtful) > 0, concat(toString(sum(doubtful)), ': Dayfly records of the function are missing (see log_gaps), or none arrive any more (see protection_gone)'), ''),
        if(sum(failed_on) > 0, concat(toString(sum(failed_on)), ': Lambda reports an error, but no restart of Dayfly is in the log'), ''),
        if(sum(last_ones) > 0, concat(toString(sum(last_ones)), ': the last invocation of an environment, whose record may have been lost with it'), ''),
        if(sum(unreported) > 0, concat(toString(sum(unreported)), ': the REPORT record is missing'), ''),
        if(sum(startless) > 0, concat(toString(sum(startless)), ': the START record is missing: a log level, a filter or sampling drops it'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple('', concat('Unknown: ', toString(events), ' invocations of ', toString(uniqExact(function)), ' functions can not be checked.'),
            'The log records are incomplete; this is not a sign of an attack by itself.', events, groupUniqArray(100)(stream)),
        'Tuple(function String, summary String, judgement String, unserved UInt64, stream_list Array(UInt64))'
    )) AS facts
FROM
(
    SELECT *, length(stolen) - if(is_sure, excess, 0) AS doubtful
    FROM looked_at
)
GROUP BY account, region
HAVING events > 0
