-- Access keys that are used from a place (network and user agent) which the role did not have before, and few keys have.
SELECT used_key.1 AS suspect, used_key.2 AS function, role
FROM
(
    SELECT role, arrayJoin(groupUniqArray(20)((access_key, function))) AS used_key
    FROM api_calls
    WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {now:DateTime64(3)} AND access_key != 0
        AND source_ip NOT IN ('', 'AWS Internal') AND NOT endsWith(source_ip, '.amazonaws.com')
    GROUP BY account, role, substring(source_ip, 1, length(source_ip) - position(reverse(source_ip), '.')), user_agent
    HAVING min(time) >= {start:DateTime64(3)} AND uniqExact(access_key) <= 2
)
GROUP BY suspect, function, role
LIMIT 1000
