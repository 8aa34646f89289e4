-- One detection, by its uid, with its times in milliseconds besides, as detections read them.
SELECT *, toUnixTimestamp64Milli(first_time) AS first_ms, toUnixTimestamp64Milli(last_time) AS last_ms,
    toUnixTimestamp64Milli(updated) AS updated_ms
FROM detections FINAL
WHERE uid = {uid:String}
LIMIT 1
