-- Environments of one function by what was active in them, and how much they served.
--
-- Without lines of invocations the platform's own tell how many there were. A later life of an environment begins anew:
-- its last words hold.
WITH
    begun AS
    (
        SELECT
            environment, max(stream) AS whose, argMax(findings.version, time) AS version, min(time) AS born,
            argMax(JSONExtractString(evidence, 'guard'), time) AS guard,
            argMax(JSONExtractString(evidence, 'guard_learn'), time) AS learns,
            argMax(JSONExtractString(evidence, 'policy'), time) AS policy,
            argMax(JSONExtractString(evidence, 'policy_digest'), time) AS digest,
            argMax(JSONExtractString(evidence, 'policy_mode'), time) AS mode,
            argMax(JSONExtractString(evidence, 'code'), time) AS code
        FROM findings
        WHERE function = {function:String} AND kind = 'environment.started'
            AND ({account:String} = '' OR account = '' OR account = {account:String})
            AND ({region:String} = '' OR region = '' OR region = {region:String})
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 1 DAY
            AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
            AND (trust = 'verified' OR {verified:UInt8} = 0)
        GROUP BY environment
    ),
    said AS
    (
        SELECT environment, uniqExact(request_id) AS requests, min(time) AS first, max(time) AS last,
            groupUniqArray(toDate(time)) AS days
        FROM invocations
        WHERE function = {function:String}
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        GROUP BY environment
    ),
    started AS
    (
        SELECT stream, uniqExact(request_id) AS requests, min(time) AS first, max(time) AS last,
            groupUniqArray(toDate(time)) AS days
        FROM platform
        WHERE function = {function:String} AND kind = 'start' AND stream != 0
            AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        GROUP BY stream
    )
SELECT
    toString(version) AS version, guard, learns, policy, digest, mode, code,
    count() AS environments,
    sum(greatest(said.requests, started.requests)) AS invocations,
    toUnixTimestamp64Milli(min(born)) AS began,
    toUnixTimestamp64Milli(max(greatest(born, said.last, started.last))) AS last,
    arraySort(groupUniqArrayArray(arrayConcat(said.days, started.days))) AS days
FROM begun
LEFT JOIN said ON said.environment = begun.environment
LEFT JOIN started ON started.stream = begun.whose
GROUP BY version, guard, learns, policy, digest, mode, code
ORDER BY last DESC
LIMIT 1000
