-- Residues that some environment left again and again: by function, version and residue.
SELECT suspect
FROM
(
    SELECT cityHash64(account, region, function, version, residue) AS suspect, environment, sum(residues.times) AS many
    FROM residues
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
    GROUP BY suspect, environment
)
GROUP BY suspect
-- What very many environments leave is how the function works.
HAVING max(many) >= {min_repeats:UInt32} AND count() <= 50
LIMIT 1000
