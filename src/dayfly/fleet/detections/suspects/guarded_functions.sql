-- Environments in which the guard spoke, where it did in several functions.
SELECT arrayJoin(flagged) AS suspect
FROM
(
    SELECT groupUniqArray(1000)(environment) AS flagged, uniqExact(function) AS functions
    FROM findings
    WHERE kind IN ('guard.refused', 'guard.observed') AND time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
)
WHERE functions >= {min_functions:UInt32}
