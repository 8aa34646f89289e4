-- INIT_START, START and REPORT of the invocations between two moments.
INSERT INTO platform
(
    time, ingested, account, region, function, version, stream, kind, request_id, status, init_us, duration_us, billed_ms,
    memory_mb, used_mb
)
SELECT
    line.2, i.ingested, i.account, i.region, i.function, i.version, i.stream,
    line.1 AS what,
    if(what = 'init', toUUID('00000000-0000-0000-0000-000000000000'), i.request_id),
    if(what = 'report' AND i.outcome != 'success', i.outcome, ''),
    if(what = 'report' AND i.invocation = 1, 180000 + cityHash64(i.stream) % 400000, 0),
    if(what = 'report', i.duration_us + i.overhead_us, 0) AS took_us,
    if(what = 'report', intDiv(took_us, 1000) + 1, 0),
    if(what = 'report', 512, 0),
    if(what = 'report', 90 + cityHash64(i.stream) % 300, 0)
FROM invocations AS i
ARRAY JOIN arrayConcat(
    if(i.invocation = 1, [('init', i.time - toIntervalMillisecond(180))], []),
    [('start', i.time), ('report', i.time + toIntervalMillisecond(intDiv(i.duration_us + i.overhead_us, 1000)))]
) AS line
WHERE i.time >= {begin:DateTime64(3)} AND i.time < {end:DateTime64(3)}
