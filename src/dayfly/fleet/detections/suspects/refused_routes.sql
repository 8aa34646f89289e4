-- Routes of which far more was refused within a window than the day before lets expect.
WITH
    busy AS
    (
        SELECT function, route
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND status >= 400 AND status < 500
            AND status != 429 AND source != 0
        GROUP BY function, route
        HAVING count() >= {min_refusals:UInt32} AND uniqExact(source) >= {min_callers:UInt32}
            AND uniqExact(subject) >= 0.5 * {min_subjects_share:Float64} * count()
    ),
    slots AS
    (
        SELECT account, region, function, route, slot, sum(requests) AS asked, sum(refused) AS refusals
        FROM routes
        WHERE slot >= {start:DateTime64(3)} - toIntervalDay(1) AND slot < {now:DateTime64(3)}
            AND (function, route) GLOBAL IN (SELECT function, route FROM busy)
        GROUP BY account, region, function, route, slot
    )
SELECT DISTINCT cityHash64(function, route) AS suspect
FROM
(
    SELECT
        *,
        sum(refusals) OVER recent AS refusals_recent,
        sum(asked) OVER recent AS asked_recent,
        sum(refusals) OVER before AS refusals_before,
        sum(asked) OVER before AS asked_before
    FROM slots
    WINDOW
        recent AS (
            PARTITION BY account, region, function, route ORDER BY toUnixTimestamp(slot)
            RANGE BETWEEN {window:UInt32} PRECEDING AND CURRENT ROW
        ),
        before AS (
            PARTITION BY account, region, function, route ORDER BY toUnixTimestamp(slot)
            RANGE BETWEEN 86400 PRECEDING AND 3600 PRECEDING
        )
)
WHERE slot >= {start:DateTime64(3)} AND refusals_recent >= {min_refusals:UInt32}
    AND refusals_recent >= {times_usual:Float64} * asked_recent * (refusals_before + 0.5) / (asked_before + 1)
LIMIT 1000
