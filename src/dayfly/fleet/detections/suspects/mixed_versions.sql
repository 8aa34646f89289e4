-- Versions of functions whose environments did not all start with the same code.
SELECT cityHash64(account, region, function, version) AS suspect
FROM
(
    SELECT account, region, function, version, code
    FROM environments
    WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND code != 0
    UNION ALL
    SELECT account, region, function, version, code
    FROM invocations
    WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND invocation <= 1 AND code != 0
)
GROUP BY account, region, function, version
HAVING min(code) != max(code)
LIMIT 1000
