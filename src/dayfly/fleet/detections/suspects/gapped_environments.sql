-- Environments whose lines' numbers have gaps, whatever kind of line has the numbers.
WITH candidates AS
(
    SELECT environment
    FROM invocations
    WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND sequence != 0
    GROUP BY environment
    HAVING max(sequence) - min(sequence) + 1 > count()
    LIMIT 5000
)
SELECT environment AS suspect
FROM
(
    SELECT environment, sequence, time, 1 AS is_invocation
    FROM invocations
    WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND environment GLOBAL IN (SELECT environment FROM candidates)
    UNION ALL
    SELECT environment, sequence, time, 0 AS is_invocation
    FROM findings
    WHERE time >= {start:DateTime64(3)} - INTERVAL 1 MINUTE AND time < {now:DateTime64(3)}
    UNION ALL
    SELECT environment, sequence, time, 0 AS is_invocation
    FROM behaviours
    WHERE time >= {start:DateTime64(3)} - INTERVAL 1 MINUTE AND time < {now:DateTime64(3)}
)
WHERE sequence != 0
GROUP BY environment
HAVING max(is_invocation) = 1 AND max(sequence) - min(sequence) + 1 > uniqExact(sequence)
LIMIT 1000
