-- Detections that concern one function, the newest first, with the environments they name.
SELECT uid, rule, title, severity, first_time, last_time, environments, environments_all, events, technique
FROM detections FINAL
WHERE has(functions, {function:String}) AND last_time >= {start:DateTime64(3)} AND first_time < {end:DateTime64(3)}
ORDER BY last_time DESC
LIMIT 50
