-- How each function's newest environment under Dayfly began.
SELECT
    function,
    max(time) AS started,
    count() AS environments,
    argMax(isolation, time) AS isolation,
    argMax(guard, time) AS guard,
    argMax(version, time) AS version,
    argMax(dayfly_version, time) AS dayfly_version,
    argMax(not_promised, time) AS not_promised,
    argMax(account, time) AS account,
    argMax(region, time) AS region
FROM environments
WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {end:DateTime64(3)}
GROUP BY function
ORDER BY function
