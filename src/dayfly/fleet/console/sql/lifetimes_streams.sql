-- The lives of the environments of some functions, from Lambda's own lines: one log stream is one environment.
-- `afterwards` is how many requests it answered after {infected}, when an infection is supposed to have happened.
SELECT function, stream, min(time) AS first_time, max(time) AS last_time,
    countIf(kind = 'start') AS starts, countIf(kind = 'init') AS inits,
    countIf(kind = 'start' AND time > {infected:DateTime64(3)}) AS afterwards
FROM platform
WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)} AND function IN {functions:Array(String)}
GROUP BY function, stream
ORDER BY function, stream
LIMIT 200000
