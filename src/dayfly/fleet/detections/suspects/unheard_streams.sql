-- Log streams of functions under Dayfly in which the platform tells of requests after Dayfly's last line, or without any.
SELECT stream AS suspect
FROM
(
    SELECT stream, toUnixTimestamp64Milli(max(starts.last)) AS last_start, toInt64(0) AS last_line
    FROM starts
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
        AND function GLOBAL IN
        (
            SELECT function FROM environments
            WHERE time >= {start:DateTime64(3)} - INTERVAL 7 DAY AND time < {now:DateTime64(3)}
        )
    GROUP BY stream
    UNION ALL
    SELECT stream, toInt64(0) AS last_start, toUnixTimestamp64Milli(max(lives.last)) AS last_line
    FROM lives
    WHERE hour >= toStartOfHour({start:DateTime64(3)}) - INTERVAL 1 HOUR AND hour < {now:DateTime64(3)} AND stream != 0
    GROUP BY stream
)
GROUP BY stream
-- What began just now may still be told of; the rule itself looks at the times.
HAVING max(last_start) > max(last_line) + 60000
LIMIT 1000
