-- The detections of one rule about some subjects that may still go on: the latest row of each.
SELECT *
FROM (
    SELECT
        uid, toUnixTimestamp64Milli(updated) AS updated_ms, rule, title, severity, reasons, technique, story, account,
        region, functions, environments, environments_all, sources, arrayMap(r -> toString(r), request_ids) AS request_ids,
        events, toUnixTimestamp64Milli(first_time) AS first_ms, toUnixTimestamp64Milli(last_time) AS last_ms,
        subject_key, facts
    FROM detections
    WHERE rule = {rule:String} AND subject_key IN ({subjects:Array(String)}) AND last_time >= {since:DateTime64(3)}
    ORDER BY updated DESC
    LIMIT 1 BY uid
)
ORDER BY first_ms, uid
