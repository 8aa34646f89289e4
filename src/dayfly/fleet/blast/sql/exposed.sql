-- Every request that came after an infection of its environment, and how exposed it was.
--
-- Numbers decide, not times: lines arrive out of order and clocks differ. Without a number, the time does.
-- exposure 3 certain: the same worker served it, or the one that had taken the runtime's place did.
--          2 possible: another worker of the environment, and something could have carried the infection over; or the log
--            does not tell which worker it was.
--          1 unlikely: another worker, forked from a copy that is older than the infection; nothing that could carry it over.
--          0 is the request that brought the infection.
WITH
    origins AS
    (
        SELECT o.1 AS environment, groupArray((o.2, o.3, o.4, o.5, o.6)) AS infections, min(o.4) AS first_ms
        FROM
        (
            SELECT arrayJoin(arrayZip(
                {environments:Array(UInt64)}, {numbers:Array(UInt32)}, {workers:Array(UInt32)}, {milliseconds:Array(Int64)},
                {requests:Array(UUID)}, {rogues:Array(UInt8)})) AS o
        )
        GROUP BY environment
    ),
    told AS
    (
        SELECT
            environment,
            groupUniqArrayIf((invocation, toString(kind)), kind IN
                ('residue.code', 'residue.kept-file', 'environment.not-clean', 'environment.infected', 'zygote.lost')) AS carriers,
            groupUniqArrayIf(invocation, kind = 'environment.renewed') AS renewals,
            groupUniqArrayIf(request_id, kind = 'residue.served') AS served
        FROM findings
        WHERE environment IN {environments:Array(UInt64)} AND function IN {functions:Array(String)}
        GROUP BY environment
    ),
    about AS
    (
        SELECT
            environment, max(stream) AS said_stream, max(log_stream) AS stream_name, max(log_group) AS group_name,
            argMax(isolation, ingested) AS isolation, argMax(memory, ingested) AS memory, min(time) AS began
        FROM environments
        WHERE environment IN {environments:Array(UInt64)} AND function IN {functions:Array(String)}
        GROUP BY environment
    ),
    lines AS
    (
        SELECT
            time, account, region, function, version, environment, stream, worker, invocation, request_id, trigger, route,
            source, principal, subject, outcome, status
        FROM invocations
        WHERE environment IN {environments:Array(UInt64)} AND function IN {functions:Array(String)}
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 HOUR
        LIMIT 1 BY environment, invocation, request_id
    ),
    -- What a finding tells of, where invocations are not logged or their line was lost.
    told_by_finding AS
    (
        SELECT
            time, account, region, function, version, environment, stream,
            toUInt32(JSONExtractUInt(evidence, 'worker')) AS worker, invocation, request_id
        FROM findings
        WHERE kind = 'residue.served' AND environment IN {environments:Array(UInt64)}
            AND function IN {functions:Array(String)}
        LIMIT 1 BY environment, invocation, request_id
    ),
    streams AS
    (
        SELECT environment, max(said) AS stream
        FROM
        (
            SELECT environment, said_stream AS said FROM about
            UNION ALL
            SELECT environment, max(stream) AS said FROM lives
            WHERE environment IN {environments:Array(UInt64)} AND function IN {functions:Array(String)}
                AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) - INTERVAL 1 HOUR
            GROUP BY environment
        )
        GROUP BY environment
        HAVING stream != 0
    ),
    -- A stream may see a second life, which is another environment.
    second_lives AS
    (
        SELECT stream, groupArray(time) AS starts FROM environments
        WHERE stream GLOBAL IN (SELECT stream FROM streams) AND function IN {functions:Array(String)}
        GROUP BY stream
    ),
    -- What the platform tells of.
    told_by_platform AS
    (
        SELECT
            p.time AS time, p.account AS account, p.region AS region, p.function AS function, p.version AS version,
            s.environment AS environment, p.stream AS stream, p.request_id AS request_id
        FROM platform AS p
        GLOBAL INNER JOIN streams AS s ON s.stream = p.stream
        GLOBAL INNER JOIN origins AS o ON o.environment = s.environment
        GLOBAL LEFT JOIN about AS a ON a.environment = s.environment
        GLOBAL LEFT JOIN second_lives AS l ON l.stream = p.stream
        WHERE p.kind IN ('start', 'report') AND p.stream GLOBAL IN (SELECT stream FROM streams)
            AND p.function IN {functions:Array(String)}
            AND p.time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 HOUR
            AND toUnixTimestamp64Milli(p.time) > o.first_ms
            AND NOT arrayExists(x -> x > a.began AND x <= p.time, l.starts)
        ORDER BY p.time
        LIMIT 1 BY environment, stream, request_id
    ),
    -- A request is taken from its line, else from a finding, and only where neither tells of it from the platform.
    requests AS
    (
        SELECT *
        FROM
        (
            SELECT
                *, min(road) OVER (PARTITION BY environment, request_id) AS best_here,
                min(road) OVER (PARTITION BY request_id) AS best
            FROM
            (
                SELECT *, 'line' AS known_by, 1 AS road FROM lines
                UNION ALL
                SELECT time, account, region, function, version, environment, stream, worker, invocation, request_id, '' AS trigger,
                    '' AS route, toUInt64(0) AS source, toUInt64(0) AS principal, toUInt64(0) AS subject, '' AS outcome,
                    toUInt16(0) AS status, 'finding' AS known_by, 2 AS road
                FROM told_by_finding
                UNION ALL
                SELECT time, account, region, function, version, environment, stream, toUInt32(0) AS worker,
                    toUInt32(0) AS invocation, request_id, '' AS trigger, '' AS route, toUInt64(0) AS source,
                    toUInt64(0) AS principal, toUInt64(0) AS subject, '' AS outcome, toUInt16(0) AS status,
                    'platform' AS known_by, 3 AS road
                FROM told_by_platform
            )
        )
        WHERE road = 1 OR road = 2 AND best_here = 2 OR road = 3 AND best = 3
    )
SELECT
    toUnixTimestamp64Milli(r.time) AS milliseconds, toString(r.account) AS account, toString(r.region) AS region,
    toString(r.function) AS function, toString(r.version) AS version, r.environment AS environment, r.worker AS worker,
    r.invocation AS invocation, r.request_id AS request_id, toString(r.trigger) AS trigger, toString(r.route) AS route,
    r.source AS source, r.principal AS principal, r.subject AS subject, toString(r.outcome) AS outcome, r.status AS status,
    r.known_by AS known_by, toString(a.isolation) AS isolation, toString(a.group_name) AS log_group,
    a.stream_name AS log_stream,
    -- (number, worker, milliseconds, request, is_rogue)
    arrayFilter(o -> if(o.1 > 0 AND r.invocation > 0, o.1 < r.invocation, o.3 < toUnixTimestamp64Milli(r.time)), x.infections)
        AS earlier,
    arrayFilter(o -> (o.1 > 0 AND o.1 = r.invocation) OR (o.4 = r.request_id AND r.request_id != toUUIDOrZero('')), x.infections)
        AS own,
    arrayFilter(o -> o.2 > 0 AND o.2 = r.worker
        AND NOT arrayExists(n -> n >= o.1 AND n < r.invocation, t.renewals), earlier) AS same_worker,
    has(t.served, r.request_id) AS is_served,
    arrayExists(o -> o.5 = 1, earlier) AND r.known_by = 'platform' AS is_taken,
    arraySort(arrayDistinct(arrayMap(c -> c.2, arrayFilter(
        c -> arrayExists(o -> c.1 >= o.1, earlier) AND (r.invocation = 0 OR c.1 < r.invocation), t.carriers)))) AS carried_by,
    multiIf(
        notEmpty(own) AND empty(same_worker), 0,
        notEmpty(same_worker) OR is_served OR is_taken, 3,
        notEmpty(carried_by) OR a.memory = 'open' OR r.worker = 0
            OR arrayExists(o -> o.2 = 0, earlier)
            OR a.isolation NOT IN ('invocation', 'window', 'process')
            OR (a.isolation != 'invocation' AND a.memory != 'closed'), 2,
        1) AS exposure,
    multiIf(
        exposure = 0, 'source request: it compromised the environment',
        is_taken, 'delivered to the worker that had replaced the runtime',
        notEmpty(same_worker), 'served by the compromised worker',
        is_served, 'reported by the runtime (residue.served)',
        notEmpty(carried_by), concat('another worker of the environment, but the compromise can have spread: ',
            arrayStringConcat(carried_by, ', ')),
        a.memory = 'open', 'another worker of the environment, whose memory the compromised worker could write',
        r.known_by = 'platform', 'only Lambda log records, no Dayfly record',
        r.worker = 0 OR arrayExists(o -> o.2 = 0, earlier), 'same environment; the compromised worker or the serving worker is unknown',
        a.isolation NOT IN ('invocation', 'window', 'process'), 'same environment; its isolation is unknown',
        exposure = 2, 'another worker of the environment; it is unknown whether the compromise could spread',
        'another worker, forked from a copy older than the compromise') AS why,
    arrayMin(arrayMap(o -> o.1, x.infections)) AS first_number,
    -- Of several infections the last before the request that makes its exposure what it is.
    arrayReverseSort(o -> o.1, if(notEmpty(own) AND exposure = 0, own, if(notEmpty(same_worker), same_worker, earlier)))[1] AS origin
FROM requests AS r
INNER JOIN origins AS x ON x.environment = r.environment
LEFT JOIN told AS t ON t.environment = r.environment
LEFT JOIN about AS a ON a.environment = r.environment
WHERE notEmpty(earlier) OR notEmpty(own)
