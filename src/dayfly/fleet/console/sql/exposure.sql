-- Environments in an attacker's hands, by what the runtime said and by rules: since when, and how many requests each answered
-- since. What {shared} and {shared_rules} tell of ends with a fresh worker, so it counts only where requests share a process.
-- `retired` is when it was proved last that all environments of the function from before an order were gone, 1970 for never.
WITH infected AS
(
    SELECT function, environment, min(since) AS infected_since
    FROM
    (
        SELECT function, environment, min(time) AS since
        FROM findings
        WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)} AND kind IN {always:Array(String)}
        GROUP BY function, environment
        UNION ALL
        SELECT function, environment, min(time) AS since
        FROM findings
        WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)} AND kind IN {shared:Array(String)}
            AND (function, environment) GLOBAL NOT IN (SELECT function, environment FROM environments WHERE isolation IN ('invocation', 'window'))
        GROUP BY function, environment
        UNION ALL
        SELECT named AS function, environment, min(first_time) AS since
        FROM
        (
            SELECT rule, arrayJoin(functions) AS named, arrayJoin(environments) AS environment, first_time
            FROM detections
            WHERE last_time >= {start:DateTime64(3)} AND first_time < {end:DateTime64(3)} AND severity >= 4
                AND (rule IN {rules:Array(String)} OR rule IN {shared_rules:Array(String)})
        )
        WHERE rule IN {rules:Array(String)}
            OR (named, environment) GLOBAL NOT IN (SELECT function, environment FROM environments WHERE isolation IN ('invocation', 'window'))
        GROUP BY function, environment
    )
    GROUP BY function, environment
)
SELECT
    function, environment, infected_since, max(time) AS last_time, countIf(time > infected_since) AS served,
    max(retired_at) AS retired
FROM invocations
GLOBAL INNER JOIN infected USING (function, environment)
GLOBAL LEFT JOIN
(
    SELECT substring(subject, 10) AS function, max(time) AS retired_at
    FROM triage
    WHERE action = 'retire' AND startsWith(subject, 'function:') AND facts LIKE '%"proved":true%'
    GROUP BY subject
) AS orders USING (function)
WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
    AND function GLOBAL IN (SELECT function FROM infected) AND environment GLOBAL IN (SELECT environment FROM infected)
GROUP BY function, environment, infected_since
ORDER BY served DESC, function, environment
LIMIT 5000
