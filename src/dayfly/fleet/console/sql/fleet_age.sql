-- How old the environments are that served in the quarter of an hour before {end}: quantiles, and how many are younger than each bound.
SELECT
    count() AS alive,
    quantilesExact(0.5, 0.99)(age) AS ages,
    max(age) AS oldest,
    argMax(function, age) AS oldest_function,
    countIf(age < 300) AS minutes5,
    countIf(age >= 300 AND age < 1800) AS minutes30,
    countIf(age >= 1800 AND age < 7200) AS hours2,
    countIf(age >= 7200 AND age < 28800) AS hours8,
    countIf(age >= 28800) AS older
FROM
(
    SELECT function, environment, max(age_ms) / 1000 + dateDiff('second', max(time), {end:DateTime64(3)}) AS age
    FROM invocations
    WHERE time >= {end:DateTime64(3)} - INTERVAL 15 MINUTE AND time < {end:DateTime64(3)}
    GROUP BY function, environment
)
