-- What was refused in one function since a moment, and whether such requests used to succeed.
--
-- `honest`: requests whose pattern several callers had answered well before, none of them beside an attack; an attack that
-- has the form of an honest request counts as one, so this is a sign and no proof.
WITH
    refused AS
    (
        SELECT time, environment, request_id, evidence
        FROM findings
        WHERE function = {function:String} AND kind = 'guard.refused'
            AND ({account:String} = '' OR account = '' OR account = {account:String})
            AND ({region:String} = '' OR region = '' OR region = {region:String})
            AND (trust = 'verified' OR {verified:UInt8} = 0)
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    ),
    attacked AS
    (
        SELECT DISTINCT request_id
        FROM findings
        WHERE function = {function:String} AND kind IN {suspect:Array(String)}
            AND NOT startsWith(JSONExtractString(evidence, 'rule'), 'capability.')
            AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
            AND time >= fromUnixTimestamp64Milli({before:Int64}, 'UTC')
    ),
    who AS
    (
        SELECT request_id, max(source) AS source, max(pattern) AS pattern
        FROM invocations
        WHERE function = {function:String} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 HOUR
            AND request_id IN (SELECT request_id FROM refused)
        GROUP BY request_id
    ),
    earlier AS
    (
        SELECT pattern, uniqExact(source) AS sources, uniqExact(request_id) AS requests
        FROM invocations
        WHERE function = {function:String} AND pattern != 0 AND pattern IN (SELECT pattern FROM who)
            AND time >= fromUnixTimestamp64Milli({before:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({since:Int64}, 'UTC')
            AND outcome = 'success' AND status < 400
            AND request_id NOT IN (SELECT request_id FROM attacked)
        GROUP BY pattern
    )
SELECT
    JSONExtractString(evidence, 'rule') AS rule, JSONExtractString(evidence, 'place') AS place,
    JSONExtractString(evidence, 'target') AS target,
    arrayStringConcat(JSONExtract(evidence, 'packages', 'Array(String)'), ',') AS packages,
    count() AS times, uniqExact(refused.request_id) AS requests, uniqExact(refused.environment) AS environments,
    uniqExactIf(who.source, who.source != 0) AS callers,
    uniqExactIf(refused.request_id, refused.request_id IN (SELECT request_id FROM attacked)) AS attacks,
    uniqExactIf(refused.request_id, earlier.requests >= 5 AND earlier.sources >= 2
        AND refused.request_id NOT IN (SELECT request_id FROM attacked)) AS honest,
    toUnixTimestamp64Milli(min(refused.time)) AS first, toUnixTimestamp64Milli(max(refused.time)) AS last
FROM refused
LEFT JOIN who ON who.request_id = refused.request_id
LEFT JOIN earlier ON earlier.pattern = who.pattern
GROUP BY rule, place, target, packages
ORDER BY honest DESC, requests DESC, rule, place, target
LIMIT 200
