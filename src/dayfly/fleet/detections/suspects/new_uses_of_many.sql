-- Uses that several functions have begun, and none had before.
SELECT cityHash64(kind, target) AS suspect
FROM
(
    SELECT kind, target, function, min(time) AS first_use
    FROM behaviours
    WHERE time < {now:DateTime64(3)}
    GROUP BY kind, target, function
)
GROUP BY kind, target
HAVING count() >= {min_functions:UInt32} AND min(first_use) >= {start:DateTime64(3)}
LIMIT 1000
