-- One function in the stretch: calls, failures, environments, latency and Dayfly's share of it.
SELECT
    count() AS invocations,
    countIf(outcome != 'success' OR status >= 500) AS failures,
    uniq(environment) AS environments,
    uniqIf(environment, time > {end:DateTime64(3)} - INTERVAL 15 MINUTE) AS alive,
    quantilesTDigest(0.5, 0.99)(duration_us) AS durations,
    quantilesTDigest(0.5, 0.99)(overhead_us) AS overheads,
    sum(overhead_us) / greatest(sum(duration_us), 1) AS share,
    max(time) AS last_time,
    uniq(code) AS codes
FROM invocations
WHERE function = {function:String} AND time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
