-- What the newest environments of one function said when they began, by version.
SELECT
    version,
    max(time) AS started,
    count() AS environments,
    argMax(account, time) AS account,
    argMax(region, time) AS region,
    argMax(dayfly_version, time) AS dayfly_version,
    argMax(isolation, time) AS isolation,
    argMax(guard, time) AS guard,
    argMax(scope, time) AS scope,
    argMax(platform, time) AS platform,
    argMax(api_lock, time) AS api_lock,
    argMax(network, time) AS network,
    argMax(not_promised, time) AS not_promised,
    argMax(log_group, time) AS log_group,
    uniqExact(code) AS codes
FROM environments
WHERE function = {function:String} AND time < {end:DateTime64(3)}
GROUP BY version
ORDER BY started DESC
LIMIT 5
