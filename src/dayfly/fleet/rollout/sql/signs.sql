-- What else the guard and the runtime found in one function, by kind, rule and place, and whether somebody has explained it.
--
-- One acknowledged or muted finding explains its like: the same rule at the same place in the code.
WITH
    found AS
    (
        SELECT kind, uid, time, environment, request_id, findings.severity AS severity,
            JSONExtractString(evidence, 'rule') AS rule, JSONExtractString(evidence, 'place') AS place
        FROM findings
        WHERE function = {function:String} AND kind IN {kinds:Array(String)}
            AND NOT (kind IN ('guard.observed', 'guard.refused') AND startsWith(JSONExtractString(evidence, 'rule'), 'capability.'))
            AND ({account:String} = '' OR account = '' OR account = {account:String})
            AND ({region:String} = '' OR region = '' OR region = {region:String})
            AND (trust = 'verified' OR {verified:UInt8} = 0)
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    ),
    decided AS
    (
        SELECT
            subject,
            argMaxIf(action, time, action IN ('mute', 'unmute')) = 'mute'
                AND (argMaxIf(expires, time, action IN ('mute', 'unmute')) > fromUnixTimestamp64Milli({until:Int64}, 'UTC')
                    OR toUnixTimestamp(argMaxIf(expires, time, action IN ('mute', 'unmute'))) = 0) AS is_muted,
            argMaxIf(action, time, action IN ('acknowledge', 'reopen')) = 'acknowledge' AS is_acknowledged,
            argMax(triage.actor, time) AS actor, argMax(triage.reason, time) AS reason
        FROM triage
        WHERE action IN ('mute', 'unmute', 'acknowledge', 'reopen') AND subject IN (SELECT uid FROM found)
        GROUP BY subject
    )
SELECT
    toString(kind) AS kind, rule, place, max(severity) AS severity, count() AS times,
    uniqExact(request_id) AS requests, uniqExact(environment) AS environments,
    toUnixTimestamp64Milli(min(found.time)) AS first, toUnixTimestamp64Milli(max(found.time)) AS last,
    argMax(uid, found.time) AS latest_uid,
    countIf(decided.is_muted OR decided.is_acknowledged) AS explained,
    anyIf(decided.actor, decided.is_muted OR decided.is_acknowledged) AS actor,
    anyIf(decided.reason, decided.is_muted OR decided.is_acknowledged) AS reason
FROM found
LEFT JOIN decided ON decided.subject = found.uid
GROUP BY kind, rule, place
ORDER BY severity DESC, times DESC, kind, rule, place
LIMIT {most:UInt32}
