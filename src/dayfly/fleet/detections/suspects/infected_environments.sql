-- Environments of which the runtime told an infection, or code execution that the guard only observed.
SELECT DISTINCT environment AS suspect
FROM findings
WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
    AND (kind IN ('residue.memory', 'residue.code', 'environment.infected', 'residue.served', 'environment.not-clean')
        OR (kind = 'guard.observed' AND (technique LIKE 'T1059%' OR technique LIKE 'T1574%')))
LIMIT 1000
