-- Every function that logs spoke of in the stretch: how often it was called, and whether by Dayfly's lines or only by the platform's.
SELECT
    function,
    sum(counted_ours) AS ours,
    sum(counted_bare) AS bare,
    greatest(ours, bare) AS invocations,
    sum(failed) AS failures,
    max(last) AS last_time
FROM
(
    SELECT function, count() AS counted_ours, 0 AS counted_bare, countIf(outcome != 'success' OR status >= 500) AS failed, max(time) AS last
    FROM invocations
    WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
        AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
    GROUP BY function
    UNION ALL
    SELECT function, 0 AS counted_ours, countIf(kind = 'report') AS counted_bare, 0 AS failed, max(time) AS last
    FROM platform
    WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
        AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
    GROUP BY function
    UNION ALL
    SELECT function, 0 AS counted_ours, 0 AS counted_bare, 0 AS failed, max(time) AS last
    FROM environments
    WHERE time >= {start:DateTime64(3)} AND time < {end:DateTime64(3)}
        AND ({search:String} = '' OR positionCaseInsensitiveUTF8(function, {search:String}) > 0)
    GROUP BY function
)
GROUP BY function
ORDER BY function
