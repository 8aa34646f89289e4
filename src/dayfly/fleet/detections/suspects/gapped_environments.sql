-- Environments whose lines' numbers have gaps, whatever kind of line has the numbers. `lives` counts by whole hours, and so
-- do the others here.
SELECT environment AS suspect, max(called) AS function
FROM
(
    SELECT environment, any(function) AS called, sum(invocations) AS have, min(sequence_least) AS least, max(sequence_most) AS most,
        CAST([], 'Array(UInt32)') AS others
    FROM lives
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)} AND sequence_most != 0
    GROUP BY environment
    HAVING most - least + 1 > have
    UNION ALL
    SELECT environment, '' AS called, 0 AS have, 4294967295 AS least, 0 AS most, groupUniqArray(sequence) AS others
    FROM
    (
        SELECT environment, sequence FROM findings
        WHERE time >= toStartOfHour({start:DateTime64(3)}) AND time < toStartOfHour({now:DateTime64(3)}) + toIntervalHour(1) AND sequence != 0
        UNION ALL
        SELECT environment, sequence FROM behaviours
        WHERE time >= toStartOfHour({start:DateTime64(3)}) AND time < toStartOfHour({now:DateTime64(3)}) + toIntervalHour(1) AND sequence != 0
    )
    GROUP BY environment
)
GROUP BY environment
HAVING max(most) > 0 AND max(most) - min(least) + 1 > sum(have)
    + length(arrayDistinct(arrayFilter(x -> x > min(least) AND x < max(most), groupArrayArray(others))))
LIMIT 1000
