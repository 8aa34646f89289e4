-- title: Functions with this behavior, and their packages
-- kind: String
-- target: String
-- package: String
SELECT b.function AS function, b.since AS since, b.environments AS environments, p.version AS package_version
FROM
(
    SELECT function, min(time) AS since, uniqExact(environment) AS environments
    FROM behaviours
    WHERE kind = {kind:String} AND target = {target:String}
        AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
    GROUP BY function
) AS b
GLOBAL LEFT JOIN
(
    SELECT function, argMax(package_version, time) AS version FROM packages WHERE package = {package:String} GROUP BY function
) AS p ON p.function = b.function
ORDER BY since, function
LIMIT {most:UInt32}
