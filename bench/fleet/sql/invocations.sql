-- The invocations number {first} to {first} + {count} of the day, all of whole functions.
--
-- From the inside out: which stream of callers an invocation is of and when it comes; in which of the function's slots it
-- is served (as many slots as the load of ten seconds needs); in which environment (a slot's environment ends with
-- idleness, age or a deployment, as on Lambda); and what it was like.
INSERT INTO invocations
(
    time, ingested, account, region, function, version, environment, stream, sequence, worker, invocation, request_id, trigger, route,
    source, principal, shape, pattern, subject, outcome, status, duration_us, cpu_us, overhead_us, bytes_in, bytes_out,
    age_ms, code, residue, trust
)
WITH
    (salt, n) -> intHash64(n * 64 + salt + {seed:UInt64} * 1000000007) AS draw,
    (salt, n) -> intHash64(n * 64 + salt + {seed:UInt64} * 1000000007) / 18446744073709551616. AS share,
    drawn AS
    (
        SELECT
            n.number AS n,
            s.stream AS caller,
            s.function AS function,
            s.is_pinned AS is_pinned,
            s.duration_ms AS duration_ms,
            toUInt64(intDiv(n.number - s.first, s.burst)) AS session,
            (n.number - s.first) % s.burst AS step,
            bitShiftLeft(toUInt64(s.stream), 32) + session AS whose,
            if(
                share(1, whose) < s.flat,
                s.begin_ms + share(2, whose) * (s.end_ms - s.begin_ms),
                s.peak_ms + s.width_ms * (share(2, whose) + share(3, whose) + share(4, whose) - 1.5)
            ) AS begins,
            toUInt32(positiveModulo(
                begins + step * s.gap_ms + s.jitter_ms * (share(5, n) - 0.5), {span_ms:Float64}
            )) AS at,
            s.version + (at >= s.deploy_ms) AS release
        FROM (SELECT number, 1 AS one FROM numbers({first:UInt64}, {count:UInt64})) AS n
        ASOF JOIN
        (
            SELECT *, 1 AS one FROM traffic_streams
            WHERE first < {first:UInt64} + {count:UInt64} AND first + rows > {first:UInt64}
        ) AS s ON n.one = s.one AND n.number >= s.first
    ),
    placed AS
    (
        SELECT
            n, caller, function, session, whose, at, release,
            ceil(2 * sum(duration_ms) OVER (PARTITION BY function, intDiv(at, 10000)) / 10000 + 0.2) AS slots,
            if(is_pinned, toUInt32(session), toUInt32(slots * pow(share(6, n), 1.4))) AS slot
        FROM drawn
    ),
    parted AS
    (
        SELECT
            *,
            -- Lambda takes an idle environment back after minutes, and any after hours.
            at > lagInFrame(at, 1, at) OVER served + 300000 + draw(7, function * 1000 + slot) % 900000
                OR release != lagInFrame(release, 1, release) OVER served
                OR intDiv(at + draw(8, slot) % 7200000, 5400000 + draw(9, function * 1000 + slot) % 14400000)
                != intDiv(
                    lagInFrame(at, 1, at) OVER served + draw(8, slot) % 7200000,
                    5400000 + draw(9, function * 1000 + slot) % 14400000
                ) AS is_new
        FROM placed
        WINDOW served AS (PARTITION BY function, slot ORDER BY at, n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    grown AS
    (
        SELECT
            *,
            sum(is_new) OVER (
                PARTITION BY function, slot ORDER BY at, n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS generation
        FROM parted
    ),
    lived AS
    (
        SELECT
            n, caller, whose, at, release,
            sipHash64('environment', {seed:UInt64}, function, slot, generation) AS environment,
            min(at) OVER life AS born,
            row_number() OVER life AS number,
            reinterpretAsUUID(sipHash128({seed:UInt64}, n)) AS request,
            -- So many of its findings come before it; findings.sql writes them by the same rule.
            sum(cityHash64(request) % 4000 = 0) OVER (
                PARTITION BY function, slot, generation ORDER BY at, n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS findings,
            leadInFrame(at, 1, toUInt32(at + 900000)) OVER life AS next_at
        FROM grown
        WINDOW life AS (
            PARTITION BY function, slot, generation ORDER BY at, n
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    )
SELECT
    fromUnixTimestamp64Milli({begin_ms:Int64} + at, 'UTC') AS time,
    time + toIntervalMillisecond(1500 + draw(10, intDiv(n, 64)) % 4000) AS ingested,
    s.account, s.region, s.name AS function,
    if(s.is_latest, '$LATEST', toString(release)) AS version,
    environment,
    sipHash64('stream', environment) AS stream,
    s.lines_before + number + findings AS sequence,
    number AS worker,
    number AS invocation,
    request AS request_id,
    s.trigger,
    if(s.routes = 0, '', concat(s.route, toString(toUInt16(s.routes * pow(share(11, n), 2))))) AS route,
    if(s.sources = 0, 0, sipHash64('source', s.people + draw(12, whose) % s.sources)) AS source,
    if(s.principals = 0, 0, sipHash64('principal', s.people + draw(13, whose) % s.principals)) AS principal,
    sipHash64('shape', s.name, route, s.kind, draw(14, n) % s.shapes) AS shape,
    sipHash64('pattern', shape, draw(15, n) % 3) AS pattern,
    sipHash64('subject', s.name, route, multiIf(
        s.subject_mode = 'one', toUInt64(0),
        s.subject_mode = 'session', whose,
        s.subject_mode = 'sequence', n,
        -- What everybody wants is wanted most.
        toUInt64(s.subjects * pow(share(16, n), 3))
    )) AS subject,
    multiIf(
        share(18, n) < s.timeouts, 'timeout',
        share(19, n) < if(at >= s.bug_begin_ms AND at < s.bug_end_ms, 0.3, s.errors), 'error',
        'success'
    ) AS outcome,
    multiIf(
        s.routes = 0 OR outcome = 'timeout', 0,
        outcome = 'error', if(draw(20, n) % 2, 0, 500),
        share(21, n) < s.refused, s.refused_status,
        draw(22, n) % 20 = 0, 201,
        200
    ) AS status,
    greatest(1000 * least(
        if(outcome = 'timeout', s.timeout_ms, s.duration_ms * exp(1.1 * (share(23, n) + share(24, n) + share(25, n) - 1.5))),
        s.timeout_ms, toFloat64(next_at - at)
    ), 400.) AS duration_us,
    duration_us * (0.15 + 0.6 * share(26, n)) AS cpu_us,
    350 + draw(27, n) % 900 AS overhead_us,
    s.payload / 2 + draw(28, n) % greatest(s.payload, 1) AS bytes_in,
    if(s.sources = 0, 20, 200 + draw(29, n) % 4000) AS bytes_out,
    at - born + 180 AS age_ms,
    sipHash64('code', s.account, s.region, s.name, release) AS code,
    if(share(30, n) < s.residue, sipHash64('residue', s.name, draw(31, n) % s.residues), 0) AS residue,
    'verified' AS trust
FROM lived
INNER JOIN traffic_streams AS s ON s.stream = lived.caller
