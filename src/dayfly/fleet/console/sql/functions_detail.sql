-- Environments, latency and Dayfly's share of it, of the functions on one page: whole hours out of `hours`, what is left at
-- both ends out of the lines.
SELECT
    function,
    uniqCombinedMerge(12)(part.environments) AS environments,
    quantilesBFloat16Merge(0.5, 0.99)(part.durations) AS durations,
    quantilesBFloat16Merge(0.5, 0.99)(part.overheads) AS overheads
FROM
(
    SELECT function, environments, durations, overheads
    FROM hours
    WHERE hour >= {first_hour:DateTime} AND hour < {last_hour:DateTime}
        AND function IN {functions:Array(String)}
    UNION ALL
    SELECT function, uniqCombinedState(12)(environment) AS environments, quantilesBFloat16State(0.5, 0.99)(duration_us) AS durations,
        quantilesBFloat16State(0.5, 0.99)(overhead_us) AS overheads
    FROM invocations
    WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
        AND (time < {first_hour:DateTime} OR time >= {last_hour:DateTime})
        AND function IN {functions:Array(String)}
    GROUP BY function
) AS part
GROUP BY function
ORDER BY function
