-- The functions with the most environments that served between two moments.
SELECT function, uniqExact(environment) AS environments
FROM invocations
WHERE time >= {begin:DateTime64(3)} AND time <= {end:DateTime64(3)} AND source != 0
GROUP BY function
ORDER BY environments DESC, function
LIMIT {count:UInt32}
