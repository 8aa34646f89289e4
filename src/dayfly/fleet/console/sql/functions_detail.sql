-- Latency, Dayfly's share of it and environments of the functions on one page.
SELECT
    function,
    uniq(environment) AS environments,
    quantilesTDigest(0.5, 0.99)(duration_us) AS durations,
    quantilesTDigest(0.5, 0.99)(overhead_us) AS overheads
FROM invocations
WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)} AND function IN {functions:Array(String)}
GROUP BY function
ORDER BY function
