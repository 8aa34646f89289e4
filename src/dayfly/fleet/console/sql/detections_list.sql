-- Detections by their last event, the newest first, below {before} and {before_uid} (keyset).
SELECT uid, rule, title, severity, reasons, technique, functions, environments_all, events, first_time, last_time, subject_key, story
FROM detections FINAL
WHERE last_time >= {start:DateTime64(3)} AND first_time <= {end:DateTime64(3)}
    AND severity >= {severity:UInt8}
    AND ({function:String} = '' OR has(functions, {function:String}))
    AND ({kind:String} = '' OR rule = {kind:String})
    AND ({search:String} = '' OR positionCaseInsensitiveUTF8(concat(title, ' ', story, ' ', arrayStringConcat(functions, ' '), ' ', rule, ' ', uid), {search:String}) > 0)
    AND (last_time, uid) < ({before:DateTime64(3)}, {before_uid:String})
ORDER BY last_time DESC, uid DESC
LIMIT {most:UInt32}
