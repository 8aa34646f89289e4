-- Functions by how often they were called in the stretch, to the hour, the most first.
SELECT function, sum(stream_hours.inits) AS inits, sum(stream_hours.starts) AS starts, max(stream_hours.last) AS last_time
FROM stream_hours
WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {end:DateTime64(3)}
    AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
GROUP BY function
ORDER BY starts DESC, function
