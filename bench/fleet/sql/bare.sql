-- Functions that nobody attached Dayfly to: the platform's lines are all there is of them.
INSERT INTO platform
(
    time, ingested, account, region, function, version, stream, kind, request_id, status, init_us, duration_us, billed_ms,
    memory_mb, used_mb
)
SELECT
    line.2, line.2 + toIntervalSecond(3), '111122223333', 'eu-west-1', concat('legacy-', toString(number % 24)) AS name, '$LATEST',
    sipHash64('bare', name, intDiv(number, 24 * 90)) AS stream,
    line.1 AS what,
    if(what = 'init', toUUID('00000000-0000-0000-0000-000000000000'), reinterpretAsUUID(sipHash128('bare', number))),
    '',
    if(intDiv(number, 24) % 90 = 0 AND what = 'report', 400000, 0),
    if(what = 'report', 20000 + cityHash64(number) % 90000, 0) AS took_us,
    intDiv(took_us, 1000) + (what = 'report'),
    if(what = 'report', 256, 0),
    if(what = 'report', 120, 0)
FROM
(
    SELECT
        number,
        {begin:DateTime64(3)} + toIntervalMillisecond(toUInt64(({span_ms:Float64} - 1000) * number / {rows:UInt64})) AS at
    FROM numbers({rows:UInt64})
)
ARRAY JOIN arrayConcat(
    if(intDiv(number, 24) % 90 = 0, [('init', at - toIntervalMillisecond(400))], []),
    [('start', at), ('report', at + toIntervalMillisecond(90))]
) AS line
