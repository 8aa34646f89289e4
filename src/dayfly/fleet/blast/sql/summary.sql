-- The exposed requests counted, one row per environment.
SELECT
    environment, any(function) AS function, any(isolation) AS isolation, any(log_group) AS log_group, any(log_stream) AS log_stream,
    countIf(exposure = 3) AS certain, countIf(exposure = 2) AS possible, countIf(exposure = 1) AS unlikely,
    countIf(exposure = 3 AND known_by = 'platform') AS certain_without_line, countIf(known_by = 'platform') AS without_line,
    countIf(is_served) AS told_by_runtime,
    countIf(exposure = 3 AND NOT is_served AND known_by = 'line') AS certain_and_not_told,
    groupUniqArrayIf(10000)(principal, exposure >= 2 AND principal != 0) AS principals,
    minIf(milliseconds, exposure >= 2) AS first_milliseconds, maxIf(milliseconds, exposure >= 2) AS last_milliseconds,
    maxIf(milliseconds, exposure = 3) AS last_certain, max(milliseconds) AS last_seen,
    -- Numbers run without a gap: what is not here is missing from the log.
    if(max(invocation) > 0 AND any(first_number) > 0, max(invocation) - any(first_number), 0) AS numbers_expected,
    uniqExactIf(invocation, invocation > first_number AND first_number > 0) AS numbers_seen
FROM (@exposed)
GROUP BY environment
ORDER BY certain DESC, possible DESC, environment
