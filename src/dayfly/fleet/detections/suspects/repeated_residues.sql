-- Residues that some environment left again and again: by function, version and residue.
SELECT suspect
FROM
(
    SELECT cityHash64(account, region, function, version, residue) AS suspect, environment, count() AS times
    FROM invocations
    WHERE residue != 0 AND time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
    GROUP BY suspect, environment
)
GROUP BY suspect
-- What very many environments leave is how the function works.
HAVING max(times) >= {min_repeats:UInt32} AND count() <= 50
LIMIT 1000
