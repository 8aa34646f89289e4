-- Functions with enough environments that serve at the day's end, to plant attacks into.
SELECT function, any(version) AS version, any(account) AS account, any(region) AS region, count() AS homes,
    groupArray((environment, stream, code, last)) AS lives
FROM
(
    SELECT function, environment, any(version) AS version, any(account) AS account, any(region) AS region,
        any(stream) AS stream, any(code) AS code, toUnixTimestamp64Milli(max(time)) AS last, max(invocation) AS numbers
    FROM invocations
    WHERE time >= {since:DateTime64(3)} AND time < {until:DateTime64(3)}
    GROUP BY function, environment
    HAVING numbers >= 5
)
GROUP BY function
HAVING homes >= 6
ORDER BY function
