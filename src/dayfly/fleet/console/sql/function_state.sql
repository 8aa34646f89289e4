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
    multiIf(
        argMax(environments.log_invocations, time) != 'on', 'unknown: log_invocations is off',
        argMax(environments.trust, time) = 'unverified', 'unknown: its records are not signed with a key of this fleet',
        (
            SELECT count() = 0 FROM starts
            WHERE function = {function:String} AND hour >= {end:DateTime64(3)} - INTERVAL 1 DAY AND hour < {end:DateTime64(3)}
        ), 'unknown: its logs have no START records',
        argMax(environments.trust, time) = 'consistent', 'checked, but without a fleet key an attacker can forge records',
        'checked') AS accounting,
    argMax(environments.not_promised, time) AS not_promised,
    argMax(environments.log_group, time) AS log_group,
    uniqExact(code) AS codes
FROM environments
WHERE function = {function:String} AND time < {end:DateTime64(3)}
GROUP BY version
ORDER BY started DESC
LIMIT 5
