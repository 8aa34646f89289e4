-- Versions of functions whose environments did not all start with the same code.
SELECT cityHash64(account, region, function, version) AS suspect
FROM
(
    SELECT account, region, function, version, code AS start_code
    FROM environments
    WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND code != 0
    UNION ALL
    SELECT account, region, function, version, argMinMerge(first_code) AS start_code
    FROM lives
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)} AND first_invocation <= 1
    GROUP BY account, region, function, version, environment
    HAVING start_code != 0
)
GROUP BY account, region, function, version
HAVING min(start_code) != max(start_code)
LIMIT 1000
