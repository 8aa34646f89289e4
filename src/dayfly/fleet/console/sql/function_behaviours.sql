-- What one function was seen to do, the newest kinds of use first.
SELECT kind, target, any(behaviours.package) AS package, any(behaviours.package_version) AS package_version, argMax(behaviours.verdict, time) AS verdict,
    min(time) AS first_time, max(time) AS last_time, uniq(environment) AS environments
FROM behaviours
WHERE function = {function:String}
GROUP BY kind, target
ORDER BY first_time DESC, kind, target
LIMIT 200
