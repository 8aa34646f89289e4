-- Every function that Lambda's own lines spoke of in the stretch, to the hour.
SELECT function, sum(stream_hours.reports) AS reports, uniqExact(stream) AS streams, max(stream_hours.last) AS last_time
FROM stream_hours
WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {end:DateTime64(3)} AND last >= {start:DateTime64(3)}
    AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
GROUP BY function
ORDER BY function
