-- Uses that are new to a function which has been known for long enough, by its uses or by its environments.
SELECT suspect
FROM
(
    SELECT u.whose AS whose, u.suspect AS suspect, u.first_use AS first_use,
        min(u.first_use) OVER (PARTITION BY u.whose) AS first_of_all,
        if(toUnixTimestamp(h.since) > 0, least(h.since, first_of_all), first_of_all) AS known_since
    FROM
    (
        SELECT cityHash64(account, region, function) AS whose, cityHash64(account, region, function, kind, target) AS suspect,
            min(time) AS first_use
        FROM behaviours
        WHERE time < {now:DateTime64(3)}
        GROUP BY whose, suspect
    ) AS u
    GLOBAL LEFT JOIN
    (
        SELECT cityHash64(account, region, function) AS whose, min(time) AS since
        FROM environments
        WHERE time < {now:DateTime64(3)}
        GROUP BY whose
    ) AS h ON h.whose = u.whose
)
WHERE first_use >= {start:DateTime64(3)} AND first_use >= known_since + toIntervalSecond({settled:UInt32})
LIMIT 1000
