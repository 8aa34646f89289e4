    numbered AS
    (
        SELECT group_key, ms, reached, sum(toUInt32(ms - before > {timespan_ms:Int64})) OVER (PARTITION BY group_key ORDER BY ms
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session
        FROM hits
    ),
    sessions AS
    (
        SELECT group_key, session, min(ms) - {timespan_ms:Int64} AS since, max(ms) AS until, max(reached) AS most
        FROM numbered
        GROUP BY group_key, session
    )
SELECT
    s.group_key AS subject_key, min(e.at) AS episode, any(e.account) AS account, any(e.region) AS region,
    groupUniqArrayIf(1000)(e.function, e.function != '') AS functions,
    groupUniqArrayIf(100)(e.environment, e.environment != 0) AS environments,
    uniqExactIf(e.environment, e.environment != 0) AS environments_all, groupUniqArrayIf(100)(e.source, e.source != 0) AS sources,
    groupUniqArrayIf(100)(e.request_id, e.request_id != toUUIDOrZero('')) AS request_ids, count() AS events,
    min(e.at) AS first_time, max(e.at) AS last_time, toUInt8(0) AS severity,
    [concat('up to ', toString(any(s.most)), ' within the time span')] AS reasons,
    toJSONString(map('group', s.group_key)) AS facts
FROM sessions AS s
GLOBAL INNER JOIN events AS e ON e.group_key = s.group_key
WHERE e.ms >= s.since AND e.ms <= s.until
GROUP BY s.group_key, s.session
