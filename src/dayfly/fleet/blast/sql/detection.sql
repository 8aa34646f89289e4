-- What a detection of the fleet names.
SELECT
    uid, rule, account, region, functions, environments, environments_all,
    toUnixTimestamp64Milli(first_time) AS first_milliseconds, toUnixTimestamp64Milli(last_time) AS last_milliseconds
FROM detections
WHERE uid = {identity:String}
ORDER BY updated DESC
LIMIT 1
