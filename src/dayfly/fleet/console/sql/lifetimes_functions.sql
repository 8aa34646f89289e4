-- Functions by how many environments the platform started in the stretch, the most first.
SELECT function, countIf(kind = 'init') AS inits, countIf(kind = 'start') AS starts, max(time) AS last_time
FROM platform
WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
    AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
GROUP BY function
ORDER BY starts DESC, function
