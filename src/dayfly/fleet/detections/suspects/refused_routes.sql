-- Routes of which far more was refused within a window than the day before lets expect.
WITH
    busy AS MATERIALIZED
    (
        SELECT function_key, cityHash64(route) AS way, any(function) AS function
        FROM failures
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND status >= 400 AND status < 500
            AND status != 429 AND source != 0
        GROUP BY function_key, way
        HAVING count() >= {min_refusals:UInt32} AND uniqExact(source) >= {min_callers:UInt32}
            AND uniqExact(subject) >= 0.5 * {min_subjects_share:Float64} * count()
    ),
    -- Grouped by numbers, which are several times faster than names.
    slots AS
    (
        SELECT
            function_key, cityHash64(route) AS way,
            toUnixTimestamp(slot) AS at, sum(requests) AS asked, sum(refused) AS refusals
        FROM routes
        WHERE slot >= {start:DateTime64(3)} - toIntervalDay(1) AND slot < {now:DateTime64(3)}
            AND (function_key, cityHash64(route)) IN (SELECT function_key, way FROM busy)
        GROUP BY function_key, way, at
    )
SELECT cityHash64(function_key, way) AS suspect, function
FROM busy
WHERE (function_key, way) GLOBAL IN
(
    SELECT function_key, way
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
                PARTITION BY function_key, way ORDER BY at RANGE BETWEEN {window:UInt32} PRECEDING AND CURRENT ROW
            ),
            before AS (
                PARTITION BY function_key, way ORDER BY at RANGE BETWEEN 86400 PRECEDING AND 3600 PRECEDING
            )
    )
    WHERE at >= toUnixTimestamp({start:DateTime64(3)}) AND refusals_recent >= {min_refusals:UInt32}
        AND refusals_recent >= {times_usual:Float64} * asked_recent * (refusals_before + 0.5) / (asked_before + 1)
)
LIMIT 1000
