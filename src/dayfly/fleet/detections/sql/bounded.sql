-- A rule's rows, the worst first and no more than {most}, with their types made sure of, and how many there were.
SELECT
    toString(subject_key) AS subject_key,
    toUnixTimestamp64Milli(toDateTime64(episode, 3)) AS episode_ms,
    toString(account) AS account,
    toString(region) AS region,
    CAST(functions AS Array(String)) AS functions,
    arraySlice(CAST(environments AS Array(UInt64)), 1, 100) AS environments,
    toUInt64(environments_all) AS environments_all,
    arraySlice(CAST(sources AS Array(UInt64)), 1, 100) AS sources,
    arraySlice(CAST(request_ids AS Array(String)), 1, 100) AS request_ids,
    toUInt64(events) AS events,
    toUnixTimestamp64Milli(toDateTime64(first_time, 3)) AS first_ms,
    toUnixTimestamp64Milli(toDateTime64(last_time, 3)) AS last_ms,
    toUInt8(severity) AS severity,
    CAST(reasons AS Array(String)) AS reasons,
    toString(facts) AS facts,
    count() OVER () AS found
FROM (
@Rule
) AS rule
ORDER BY severity DESC, environments_all DESC, events DESC, subject_key
LIMIT {most:UInt32}
