-- Environments that were seen infected and may still serve, by function: not renewed since, and no later order that was proved.
--
-- What an invocation planted in memory stays for later ones where one process serves them all.
WITH told AS
(
    SELECT function, environment, min(time) AS since, max(time) AS latest
    FROM findings
    WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND ({function:String} = '' OR function = {function:String})
        AND trust != 'forged'
        AND (kind IN ('environment.infected', 'environment.not-clean', 'residue.served')
            OR (kind IN ('residue.memory', 'residue.code', 'residue.kept-file')
                AND environment IN (SELECT environment FROM environments WHERE isolation = 'process')))
    GROUP BY function, environment
    UNION ALL
    -- Somebody in them serves invocations that Lambda started.
    SELECT functions[1] AS function, arrayJoin(environments) AS environment, min(first_time) AS since, max(last_time) AS latest
    FROM detections
    WHERE rule = 'unaccounted_invocations' AND severity = 5 AND last_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND ({function:String} = '' OR has(functions, {function:String}))
    GROUP BY function, environment
)
SELECT toString(told.function) AS function, told.environment AS environment, toUnixTimestamp64Milli(min(told.since)) AS since
FROM told
LEFT JOIN
(
    -- By the order's time, not by that of the proof: what began, and was infected, between the two still serves.
    SELECT
        subject,
        max(if(JSONHas(facts, 'ordered'),
            fromUnixTimestamp64Milli(toInt64(JSONExtractFloat(facts, 'ordered') * 1000), 'UTC'), time)) AS ordered
    FROM triage
    WHERE action = 'retire' AND facts LIKE '%"proved":true%'
    GROUP BY subject
) AS orders ON orders.subject = concat('function:', toString(told.function))
LEFT JOIN
(
    SELECT environment, max(time) AS renewed FROM findings WHERE kind = 'environment.renewed' GROUP BY environment
) AS renewals ON renewals.environment = told.environment
WHERE orders.ordered < told.since AND renewals.renewed < told.latest
GROUP BY function, environment
ORDER BY function, since, environment
