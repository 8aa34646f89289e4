-- The lives of the environments of some functions, from Lambda's own lines: one log stream is one environment. Whole hours
-- out of `stream_hours`, what is left at both ends out of the lines.
SELECT function, stream, min(part.first) AS first_time, max(part.last) AS last_time, sum(part.starts) AS starts, sum(part.inits) AS inits
FROM
(
    SELECT function, stream, first, last, starts, inits
    FROM stream_hours
    WHERE hour >= {first_hour:DateTime} AND hour < {last_hour:DateTime} AND function IN {functions:Array(String)}
    UNION ALL
    SELECT function, stream, min(time) AS first, max(time) AS last, countIf(kind = 'start') AS starts, countIf(kind = 'init') AS inits
    FROM platform
    WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
        AND (time < {first_hour:DateTime} OR time >= {last_hour:DateTime}) AND function IN {functions:Array(String)}
    GROUP BY function, stream
) AS part
GROUP BY function, stream
ORDER BY function, stream
LIMIT 200000
