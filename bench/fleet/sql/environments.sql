-- The first line of every environment that served in the day.
INSERT INTO environments
(
    time, ingested, account, region, function, version, environment, stream, log_group, log_stream, dayfly_version, isolation,
    guard, scope, platform, api_lock, memory, network, log_invocations, not_promised, code, trust
)
SELECT
    min(i.time) - toIntervalMillisecond(180) AS time,
    min(i.ingested) AS ingested,
    any(i.account), any(i.region), any(i.function) AS name, any(i.version) AS version,
    i.environment AS environment,
    any(i.stream) AS stream,
    concat('/aws/lambda/', name),
    concat(formatDateTime(time, '%Y/%m/%d'), '/[', version, ']', lower(hex(sipHash128(environment)))),
    '0.7.0',
    if(cityHash64(name) % 12 = 0, 'process', 'invocation'),
    if(cityHash64(name) % 5 = 0, 'observe', 'block'),
    'event', 'python3.13', 'on', 'fork', if(cityHash64(name) % 7 = 0, 'cannot check', 'guarded'), 'on',
    if(cityHash64(name) % 12 = 0, ['one process serves several invocations'], []),
    any(i.code), 'verified'
FROM invocations AS i
WHERE i.time >= {begin:DateTime64(3)} AND i.time < {end:DateTime64(3)}
GROUP BY i.environment
