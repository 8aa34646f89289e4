-- The sequence numbers that the store has of recent environments, as ranges. A clock that has jumped ahead hides nothing:
-- recent is what lies before the newest line, too.
WITH (SELECT least({now:DateTime64(3)}, max(time)) - INTERVAL {hours:UInt32} HOUR FROM invocations) AS since
SELECT
    kind,
    trust,
    environment,
    arrayMap(part -> (part[1], part[-1]), arraySplit((number, is_gap) -> is_gap, numbers,
        arrayMap(step -> step != 1, arrayDifference(numbers)))) AS ranges
FROM
(
    SELECT kind, trust, environment, arraySort(groupUniqArray(sequence)) AS numbers, max(time) AS last
    FROM
    (
        SELECT 'invocations' AS kind, trust, environment, sequence, time FROM invocations
        WHERE time >= since AND sequence > 0
        UNION ALL
        SELECT 'findings' AS kind, trust, environment, sequence, time FROM findings
        WHERE time >= since AND sequence > 0
        UNION ALL
        SELECT 'behaviours' AS kind, trust, environment, sequence, time FROM behaviours
        WHERE time >= since AND sequence > 0
    )
    GROUP BY kind, trust, environment
    ORDER BY last DESC
    LIMIT {many:UInt32}
)
ORDER BY last
