-- Why functions run without isolation or without the guard: the newest finding that says so, by function and kind.
SELECT function, kind, argMax(findings.message, time) AS message, max(time) AS last_time
FROM findings
WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {end:DateTime64(3)}
    AND kind IN ('zygote.not-forkable', 'environment.cannot-check')
    AND ({function:String} = '' OR function = {function:String})
GROUP BY function, kind
ORDER BY function, kind
