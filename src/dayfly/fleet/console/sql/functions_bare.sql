-- Every function that Lambda's own lines spoke of in the stretch, to the hour.
SELECT function, sum(lives.reports) AS reports, uniqExact(stream) AS streams, max(lives.last) AS last_time
FROM lives
WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {end:DateTime64(3)} AND last >= {start:DateTime64(3)}
    AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
GROUP BY function
ORDER BY function
