-- Callers new to the fleet who asked for very many different things within one hour, were answered well, and are not many
-- people behind one address.
WITH
    busy AS
    (
        SELECT source, function_key, hour
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        GROUP BY source, function_key, hour
        HAVING sum(requests) >= {min_subjects:UInt32} AND sum(failed) <= {most_failed:Float64} * sum(requests)
    ),
    fresh AS
    (
        SELECT source
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(7) AND hour < {now:DateTime64(3)}
            AND source IN (SELECT source FROM busy)
        GROUP BY source
        HAVING min(callers.first) >= {start:DateTime64(3)} - toIntervalDay(1)
            AND min(callers.first) >= (
                SELECT min(slot) FROM routes
                WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(7) AND slot < {now:DateTime64(3)}
            ) + toIntervalSecond({learned:UInt32})
    )
SELECT DISTINCT source AS suspect
FROM callers
WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
    AND source IN (SELECT source FROM fresh)
GROUP BY source, function_key, hour
HAVING uniqCombinedMerge(12)(subjects) >= {min_subjects:UInt32}
    AND uniqCombinedMerge(12)(principals) <= {most_principals:UInt32}
LIMIT 1000
