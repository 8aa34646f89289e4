-- The packages of one function's newest version.
SELECT package, package_version, max(time) AS seen
FROM packages
WHERE function = {function:String}
    AND version = (SELECT argMax(version, time) FROM packages WHERE function = {function:String})
GROUP BY package, package_version
ORDER BY package
LIMIT 500
