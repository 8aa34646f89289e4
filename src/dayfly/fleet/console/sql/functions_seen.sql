-- Every function that Dayfly's lines spoke of in the stretch: whole hours out of `hours`, what is left at both ends out of the lines.
SELECT
    function,
    sum(part.requests) AS invocations,
    sum(part.failed) AS failures,
    max(part.last) AS last_time
FROM
(
    SELECT function, requests, failed, last
    FROM hours
    WHERE hour >= {first_hour:DateTime} AND hour < {last_hour:DateTime}
        AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
    UNION ALL
    SELECT function, count() AS requests, countIf(outcome != 'success' OR status >= 500) AS failed, max(time) AS last
    FROM invocations
    WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
        AND (time < {first_hour:DateTime} OR time >= {last_hour:DateTime})
        AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
    GROUP BY function
) AS part
GROUP BY function
ORDER BY function
