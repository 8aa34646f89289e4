-- Callers with many different refusals, unless nearly all else they do goes well.
SELECT source AS suspect
FROM
(
    SELECT source, count() AS failures
    FROM failures
    WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND source != 0
        AND status IN (401, 403)
    GROUP BY source
    HAVING uniqExact(subject) >= {min_subjects:UInt32} AND uniqExact(environment) >= {min_environments:UInt32}
) AS failing
GLOBAL INNER JOIN
(
    -- The hour in which it fails most: what else a shared address did that day hides nothing.
    SELECT source, max(failures_hour / requests_hour) AS worst
    FROM
    (
        SELECT source, hour, sum(failed) AS failures_hour, sum(requests) AS requests_hour
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)} 
        GROUP BY source, hour
        HAVING failures_hour >= {min_subjects:UInt32} / 2
    )
    GROUP BY source
) AS hours USING (source)
WHERE worst >= 0.25
ORDER BY failures DESC
LIMIT 1000
