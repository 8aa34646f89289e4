-- What one function was seen to use, each use with how widely, and how much of that was beside an attack.
--
-- Suspect: the request in which it was seen had a finding of an attack, or was named by a detection, or its caller was; or
-- the environment had been infected before. `callers` are those of the other requests.
WITH
    attacked AS
    (
        SELECT DISTINCT request_id
        FROM findings
        WHERE function = {function:String} AND kind IN {suspect:Array(String)}
            AND NOT startsWith(JSONExtractString(evidence, 'rule'), 'capability.')
            AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 DAY
    ),
    infected AS
    (
        SELECT environment, min(time) AS infected_at
        FROM findings
        WHERE function = {function:String} AND kind IN {lasting:Array(String)}
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 DAY
        GROUP BY environment
    ),
    told AS
    (
        SELECT time, environment, request_id, evidence, kind
        FROM findings
        WHERE function = {function:String} AND kind IN ('guard.capability', 'guard.observed', 'guard.refused')
            AND (kind = 'guard.capability' OR startsWith(JSONExtractString(evidence, 'rule'), 'capability.'))
            AND (JSONExtractString(evidence, 'kind') = 'shape') = {shapes:UInt8}
            AND ({account:String} = '' OR account = '' OR account = {account:String})
            AND ({region:String} = '' OR region = '' OR region = {region:String})
            AND (trust = 'verified' OR {verified:UInt8} = 0)
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    ),
    who AS
    (
        SELECT request_id, max(source) AS source
        FROM invocations
        WHERE function = {function:String}
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 DAY
            AND request_id IN (SELECT request_id FROM told)
        GROUP BY request_id
    ),
    judged AS
    (
        SELECT
            told.time AS time, told.environment AS environment, told.request_id AS request_id, told.evidence AS evidence,
            told.kind AS kind, who.source AS source,
            told.request_id IN (SELECT request_id FROM attacked)
                OR told.request_id IN {requests:Array(UUID)}
                OR (who.source != 0 AND who.source IN {sources:Array(UInt64)})
                OR (infected.environment != 0 AND told.time >= infected.infected_at) AS is_suspect
        FROM told
        LEFT JOIN who ON who.request_id = told.request_id
        LEFT JOIN infected ON infected.environment = told.environment
    )
SELECT
    evidence, toString(any(kind)) AS kind, count() AS times, countIf(is_suspect) AS suspect,
    uniqExactIf(environment, NOT is_suspect) AS environments,
    uniqExactIf(toDate(time), NOT is_suspect) AS days,
    uniqExactIf(source, NOT is_suspect AND source != 0) AS callers,
    toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last,
    toString(anyIf(request_id, request_id != toUUID('00000000-0000-0000-0000-000000000000'))) AS request
FROM judged
GROUP BY evidence
ORDER BY times DESC, evidence
LIMIT {most:UInt32}
