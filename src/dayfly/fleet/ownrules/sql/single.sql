WITH events AS
    (
@Events
    )
SELECT
    concat(function, ' ', account, ' ', region) AS subject_key, toStartOfHour(min(at)) AS episode, account, region,
    groupUniqArrayIf(function, function != '') AS functions, groupUniqArrayIf(100)(environment, environment != 0) AS environments,
    uniqExactIf(environment, environment != 0) AS environments_all, groupUniqArrayIf(100)(source, source != 0) AS sources,
    groupUniqArrayIf(100)(request_id, request_id != toUUIDOrZero('')) AS request_ids, count() AS events, min(at) AS first_time,
    max(at) AS last_time, toUInt8(0) AS severity, [concat(toString(count()), ' events match')] AS reasons, '{}' AS facts
FROM events
GROUP BY account, region, function
