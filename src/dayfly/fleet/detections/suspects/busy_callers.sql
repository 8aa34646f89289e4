-- Callers who asked for very many different things within one hour, well answered, and not many people behind one address.
WITH busy AS
(
    SELECT source, function, hour
    FROM callers
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
    GROUP BY source, function, hour
    HAVING sum(requests) >= {min_subjects:UInt32} AND sum(failed) <= {most_failed:Float64} * sum(requests)
)
SELECT DISTINCT source AS suspect
FROM callers
WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
    AND (source, function, hour) GLOBAL IN (SELECT source, function, hour FROM busy)
    -- Known anywhere for long is known: a search engine comes to every function.
    AND source GLOBAL NOT IN (
        SELECT source
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(7)
            AND hour < toStartOfHour({start:DateTime64(3)}) - toIntervalHour(24)
    )
GROUP BY source, function, hour
HAVING uniqCombinedMerge(12)(subjects) >= {min_subjects:UInt32}
    AND uniqCombinedMerge(12)(principals) <= {most_principals:UInt32}
LIMIT 1000
