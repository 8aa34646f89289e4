-- Log streams of functions under Dayfly in which the platform tells of requests after Dayfly's last line, or without any.
SELECT stream AS suspect
FROM
(
    SELECT stream, toUnixTimestamp64Milli(max(time)) AS last_start, toInt64(0) AS last_line, count() AS starts
    FROM platform
    WHERE kind = 'start' AND stream != 0 AND time >= {start:DateTime64(3)}
        AND time < {now:DateTime64(3)} - toIntervalSecond({settle:UInt32})
        AND function GLOBAL IN (SELECT function FROM environments WHERE time >= {start:DateTime64(3)} - INTERVAL 7 DAY AND time < {now:DateTime64(3)})
    GROUP BY stream
    UNION ALL
    SELECT stream, toInt64(0) AS last_start, toUnixTimestamp64Milli(max(time)) AS last_line, 0 AS starts
    FROM invocations
    WHERE stream != 0 AND time >= {start:DateTime64(3)} - INTERVAL 1 HOUR AND time < {now:DateTime64(3)}
    GROUP BY stream
)
GROUP BY stream
HAVING sum(starts) > 0 AND max(last_start) > max(last_line) + 60000
LIMIT 1000
