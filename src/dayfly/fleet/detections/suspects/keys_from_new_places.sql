-- Access keys that are used from a place (network and user agent) which the role did not have before, and few keys have.
SELECT arrayJoin(used_keys) AS suspect
FROM
(
    SELECT groupUniqArray(10)(access_key) AS used_keys
    FROM api_calls
    WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {now:DateTime64(3)} AND access_key != 0
        AND source_ip NOT IN ('', 'AWS Internal') AND NOT endsWith(source_ip, '.amazonaws.com')
    GROUP BY account, role, substring(source_ip, 1, length(source_ip) - position(reverse(source_ip), '.')), user_agent
    HAVING min(time) >= {start:DateTime64(3)} AND uniqExact(access_key) <= 2
)
GROUP BY suspect
LIMIT 1000
