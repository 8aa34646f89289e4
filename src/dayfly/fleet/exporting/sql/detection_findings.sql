-- What detections concluded and what runtimes found, as rows of OCSF's Detection Finding (class 2004), in order of time:
-- one account, region and day of what was written in the store between two moments, a `piece` of so many `pieces`.
-- A detection that a later run found again is told again as it is now, as an update (activity 2).
WITH told AS
(
    SELECT
        last_time AS time, first_time, last_time, updated,
        if(updated > first_time + toIntervalHour(1), 2, 1) AS activity,
        uid, toString(rule) AS kind, title, story AS text, severity, toString(technique) AS techniques,
        account, region, functions, '' AS function_version, environments, environments_all, request_ids, reasons, events, facts
    FROM detections FINAL
    WHERE updated > {after:DateTime64(3)} AND updated <= {until:DateTime64(3)} AND severity >= {severity:UInt8}
    UNION ALL
    SELECT
        time, time AS first_time, time AS last_time, ingested AS updated,
        1 AS activity,
        uid, toString(kind) AS kind, toString(title) AS title, message AS text, severity, toString(technique) AS techniques,
        account, region, [toString(function)] AS functions, toString(version) AS function_version,
        [environment] AS environments, 1 AS environments_all, [request_id] AS request_ids, CAST([] AS Array(String)) AS reasons,
        1 AS events, evidence AS facts
    FROM findings FINAL
    WHERE ingested > {after:DateTime64(3)} AND ingested <= {until:DateTime64(3)} AND severity >= {severity:UInt8}
)
SELECT
    toInt64(toUnixTimestamp64Milli(told.time)) AS time,
    toInt32(activity) AS activity_id,
    if(activity = 2, 'Update', 'Create') AS activity_name,
    toInt32(2) AS category_uid,
    'Findings' AS category_name,
    toInt32(2004) AS class_uid,
    'Detection Finding' AS class_name,
    toInt64(200400 + activity) AS type_uid,
    concat('Detection Finding: ', activity_name) AS type_name,
    toInt32(told.severity) AS severity_id,
    arrayElement(['Informational', 'Low', 'Medium', 'High', 'Critical'], told.severity) AS severity,
    toInt32(1) AS status_id,
    'New' AS status,
    text AS message,
    toInt64(toUnixTimestamp64Milli(first_time)) AS start_time,
    toInt64(toUnixTimestamp64Milli(last_time)) AS end_time,
    toInt32(least(events, 2147483647)) AS count,
    CAST(
        ('AWS', {told_region:String}, ({told_account:String}, {told_account:String}, 'AWS Account', 10)),
        'Tuple(provider String, region String, account Tuple(uid String, name String, type String, type_id Int32))'
    ) AS cloud,
    CAST(
        ({ocsf:String}, ['cloud'], ('Dayfly', 'Dayfly', {dayfly:String}), uid),
        'Tuple(version String, profiles Array(String), product Tuple(name String, vendor_name String, version String), uid String)'
    ) AS metadata,
    CAST(
        (
            uid, title, text, [kind],
            toUnixTimestamp64Milli(first_time), toUnixTimestamp64Milli(first_time),
            toUnixTimestamp64Milli(last_time), toUnixTimestamp64Milli(updated),
            arrayMap(
                id -> ({attack:String}, (id, transform(id, {techniques:Array(String)}, {technique_names:Array(String)}, id))),
                arrayFilter(id -> id != '', splitByRegexp('[, ]+', techniques))
            ),
            (kind, kind, 1, 'Rule')
        ),
        'Tuple(uid String, title String, desc String, types Array(String), created_time Int64, first_seen_time Int64,
        last_seen_time Int64, modified_time Int64, attacks Array(Tuple(version String, technique Tuple(uid String, name String))),
        analytic Tuple(uid String, name String, type_id Int32, type String))'
    ) AS finding_info,
    CAST(
        arrayMap(name -> ('AWS::Lambda::Function', name, function_version, {told_region:String}), functions),
        'Array(Tuple(type String, name String, version String, region String))'
    ) AS resources,
    toJSONString(CAST(
        (
            kind, environments_all, arrayMap(one -> leftPad(lower(hex(one)), 16, '0'), environments),
            arrayMap(one -> toString(one), request_ids), reasons, facts
        ),
        'Tuple(kind String, environments_all UInt64, environments Array(String), request_ids Array(String), reasons Array(String),
        facts String)'
    )) AS unmapped
FROM told
WHERE
    if(match(account, '^[0-9]{12}$'), toString(account), {account:String}) = {told_account:String}
    AND if(match(region, '^[a-z]{2}(-[a-z]+)+-[0-9]$'), toString(region), {region:String}) = {told_region:String}
    AND toYYYYMMDD(told.time) = {day:UInt32}
    AND cityHash64(uid) % {pieces:UInt32} = {piece:UInt32}
ORDER BY time, uid
