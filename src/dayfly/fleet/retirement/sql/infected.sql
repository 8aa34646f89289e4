-- Environments that were seen infected and may still serve, by function: no sign that they ended, and no later order.
--
-- What an invocation planted dies with its worker under `invocation` isolation; elsewhere it stays.
WITH told AS
(
    SELECT function, environment, any(stream) AS stream, min(time) AS since
    FROM findings
    WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND ({function:String} = '' OR function = {function:String})
        AND trust != 'forged'
        AND (kind IN ('environment.infected', 'environment.not-clean', 'residue.served')
            OR (kind IN ('residue.memory', 'residue.code', 'residue.kept-file')
                AND environment IN (SELECT environment FROM environments WHERE isolation = 'process')))
    GROUP BY function, environment
)
SELECT toString(told.function) AS function, told.environment AS environment, toUnixTimestamp64Milli(told.since) AS since
FROM told
LEFT JOIN
(
    SELECT subject, max(time) AS ordered FROM triage WHERE action = 'retire' AND facts LIKE '%"proved":true%' GROUP BY subject
) AS orders ON orders.subject = concat('function:', toString(told.function))
WHERE orders.ordered < told.since
ORDER BY function, since, environment
