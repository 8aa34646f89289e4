-- How many requests each environment of some functions answered after {infected}, when an infection is supposed to have happened.
SELECT stream, count() AS afterwards
FROM platform
WHERE time > {infected:DateTime64(3)} AND time < {end:DateTime64(3)} AND function IN {functions:Array(String)} AND kind = 'start'
GROUP BY stream
ORDER BY stream
LIMIT 200000
