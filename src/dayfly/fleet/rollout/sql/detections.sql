-- What detections concluded about one function, with what people decided.
WITH decided AS
(
    SELECT
        subject,
        argMaxIf(action, time, action IN ('mute', 'unmute')) = 'mute'
            AND (argMaxIf(expires, time, action IN ('mute', 'unmute')) > fromUnixTimestamp64Milli({until:Int64}, 'UTC')
                OR toUnixTimestamp(argMaxIf(expires, time, action IN ('mute', 'unmute'))) = 0) AS is_muted,
        argMaxIf(action, time, action IN ('acknowledge', 'reopen')) = 'acknowledge' AS is_acknowledged
    FROM triage
    WHERE action IN ('mute', 'unmute', 'acknowledge', 'reopen')
    GROUP BY subject
)
SELECT
    uid, toString(rule) AS rule, title, severity, toUnixTimestamp64Milli(last_time) AS last, sources,
    arrayMap(one -> toString(one), request_ids) AS requests,
    decided.is_muted OR decided.is_acknowledged AS is_explained
FROM
(
    SELECT uid, rule, title, severity, last_time, sources, request_ids
    FROM detections FINAL
    WHERE has(functions, {function:String})
        AND ({account:String} = '' OR account = '' OR account = {account:String})
        AND last_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND first_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
) AS d
LEFT JOIN decided ON decided.subject = d.uid
ORDER BY severity DESC, last DESC
LIMIT {most:UInt32}
