-- Uses that are new to a function which has been known for long enough.
SELECT suspect
FROM
(
    SELECT suspect, first_use, min(first_use) OVER (PARTITION BY whose) AS known_since
    FROM
    (
        SELECT cityHash64(account, region, function) AS whose, cityHash64(account, region, function, kind, target) AS suspect,
            min(time) AS first_use
        FROM behaviours
        WHERE time < {now:DateTime64(3)}
        GROUP BY whose, suspect
    )
)
WHERE first_use >= {start:DateTime64(3)} AND first_use >= known_since + toIntervalSecond({settled:UInt32})
LIMIT 1000
