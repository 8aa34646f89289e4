-- What the newest environments of one function said when they began, by version.
SELECT
    version,
    max(time) AS started,
    count() AS environments,
    argMax(environments.account, time) AS account,
    argMax(environments.region, time) AS region,
    argMax(environments.dayfly_version, time) AS dayfly_version,
    argMax(environments.isolation, time) AS isolation,
    argMax(environments.guard, time) AS guard,
    argMax(environments.scope, time) AS scope,
    argMax(environments.platform, time) AS platform,
    argMax(environments.api_lock, time) AS api_lock,
    argMax(environments.network, time) AS network,
    argMax(environments.not_promised, time) AS not_promised,
    argMax(environments.log_group, time) AS log_group,
    uniqExact(code) AS codes
FROM environments
WHERE function = {function:String} AND time < {end:DateTime64(3)}
GROUP BY version
ORDER BY started DESC
LIMIT 5
