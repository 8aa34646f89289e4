-- How many findings of weight each function has in the stretch, of the runtime and of the fleet's rules.
SELECT function, sum(found) AS findings, max(worst) AS worst
FROM
(
    SELECT function, count() AS found, max(severity) AS worst
    FROM findings
    WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)} AND severity >= 3
    GROUP BY function
    UNION ALL
    SELECT arrayJoin(functions) AS function, uniqExact(uid) AS found, max(severity) AS worst
    FROM detections
    WHERE last_time >= {start:DateTime64(3)} AND first_time < {end:DateTime64(3)} AND severity >= 3
    GROUP BY function
)
GROUP BY function
ORDER BY function
