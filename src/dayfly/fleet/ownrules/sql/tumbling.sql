WITH
    events AS
    (
@Events
    )
SELECT
    group_key AS subject_key, fromUnixTimestamp64Milli(bucket, 'UTC') AS episode, any(account) AS account, any(region) AS region,
    groupUniqArrayIf(1000)(function, function != '') AS functions, groupUniqArrayIf(100)(environment, environment != 0) AS environments,
    uniqExactIf(environment, environment != 0) AS environments_all, groupUniqArrayIf(100)(source, source != 0) AS sources,
    groupUniqArrayIf(100)(request_id, request_id != toUUIDOrZero('')) AS request_ids, count() AS events, min(at) AS first_time,
    max(at) AS last_time, toUInt8(0) AS severity,
    [concat(toString(@Aggregate), ' within the time span that began at ', toString(episode), ' UTC')] AS reasons,
    toJSONString(map('group', group_key)) AS facts
FROM
(
    SELECT *, intDiv(ms, {timespan_ms:Int64}) * {timespan_ms:Int64} AS bucket
    FROM events
)
-- Only time spans that are over, and seen from their beginning.
WHERE bucket >= toUnixTimestamp64Milli({start:DateTime64(3)}) AND bucket + {timespan_ms:Int64} <= toUnixTimestamp64Milli({now:DateTime64(3)})
GROUP BY group_key, bucket
HAVING @Aggregate @Holds
