-- How each function's newest environment under Dayfly began.
SELECT
    function,
    max(time) AS started,
    count() AS environments,
    argMax(environments.isolation, time) AS isolation,
    argMax(environments.guard, time) AS guard,
    argMax(environments.version, time) AS version,
    argMax(environments.dayfly_version, time) AS dayfly_version,
    argMax(environments.not_promised, time) AS not_promised,
    argMax(environments.account, time) AS account,
    argMax(environments.region, time) AS region
FROM environments
WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {end:DateTime64(3)}
GROUP BY function
ORDER BY function
