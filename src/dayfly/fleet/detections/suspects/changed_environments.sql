-- Environments that were seen with more than one code.
SELECT environment AS suspect
FROM
(
    SELECT environment, code_least AS least, code_most AS most
    FROM lives
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)} AND code_most != 0
    UNION ALL
    SELECT environment, code AS least, code AS most
    FROM environments
    WHERE time >= {start:DateTime64(3)} - INTERVAL 7 DAY AND time < {now:DateTime64(3)} AND code != 0
)
GROUP BY environment
HAVING min(least) != max(most)
LIMIT 1000
