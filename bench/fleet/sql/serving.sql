-- The environments of a function that served between two moments, each as its last invocation there shows it.
SELECT
    environment,
    argMax(account, time) AS account,
    argMax(region, time) AS region,
    argMax(version, time) AS version,
    argMax(stream, time) AS stream,
    argMax(trigger, time) AS trigger,
    argMax(route, time) AS route,
    argMax(shape, time) AS shape,
    argMax(pattern, time) AS pattern,
    argMax(code, time) AS code,
    argMax(trust, time) AS trust,
    toFloat64(min(time)) AS first,
    toFloat64(max(time)) AS last
FROM invocations
WHERE function = {function:String} AND time >= {begin:DateTime64(3)} AND time <= {end:DateTime64(3)}
GROUP BY environment
ORDER BY environment
