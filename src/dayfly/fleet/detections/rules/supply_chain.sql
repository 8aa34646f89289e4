-- rule: supply_chain
-- title: Same new behavior in functions that share a package version
-- severity: critical
-- technique: T1195.002
-- every: 120
-- lookback: 86400
-- gap: 86400
-- story: {functions} began to use {kind} {target} since {first_time:time}. They all contain {package}
--   {package_version}; {spared} functions with another version of it do not show this. {waiting} further functions
--   contain this version.
-- do: Pin the previous version, redeploy the functions that contain this one, and rotate the secrets that their
--   environments can read. Compare the package with its source repository. `dayfly scan` lists all dependents.
-- explain: A library in many of our functions changed, and its new version does something that it should not.
-- sees: behavior that is new in at least `min_functions` functions, nearly all of which contain one version of a
--   package, and that functions with other versions or without the package do not show.
-- misses: packages that only one function reports, and behavior that the previous version had too.
-- suspects: new_uses_of_many
-- evidence: functions_with_behaviour
-- param_min_functions: 3 (UInt32) functions that show the new behavior
-- param_min_share: 0.9 (Float64) share of these functions that contain the package version
-- param_min_carriers: 0.3 (Float64) share of all functions with this version that show it
WITH
    fresh AS
    (
        SELECT kind, target, groupUniqArrayIf(function, first_use >= {start:DateTime64(3)}) AS showing, min(first_use) AS first_seen,
            max(last_use) AS last_seen, countIf(first_use < {start:DateTime64(3)}) AS old, sum(times) AS times,
            groupUniqArrayArray(100)(some) AS environments, sum(users) AS environments_all,
            topK(1)(package)[1] AS said_package, topK(1)(package_version)[1] AS said_version,
            any(account) AS account, any(region) AS region, groupUniqArrayArray(100)(some_requests) AS requests
        FROM
        (
            SELECT account, region, function, kind, target, min(time) AS first_use, max(time) AS last_use, count() AS times,
                groupUniqArray(20)(environment) AS some, uniqExact(environment) AS users, argMin(package, time) AS package,
                argMin(package_version, time) AS package_version, groupUniqArray(20)(request_id) AS some_requests
            FROM behaviours
            WHERE time < {now:DateTime64(3)} AND cityHash64(kind, target) IN {suspects:Array(UInt64)}
            GROUP BY account, region, function, kind, target
        )
        GROUP BY kind, target
        HAVING length(showing) >= {min_functions:UInt32} AND old = 0
    ),
    -- What each function carries now.
    carried AS
    (
        SELECT function, package, argMax(package_version, time) AS package_version
        FROM packages
        WHERE time < {now:DateTime64(3)}
        GROUP BY function, package
    ),
    carriers AS
    (
        SELECT package, package_version, groupUniqArray(function) AS carrying
        FROM carried
        GROUP BY package, package_version
    ),
    -- When each version came into the fleet, and what packages were seen to do before.
    arrivals AS
    (
        SELECT package, package_version, min(time) AS arrived, min(arrived) OVER (PARTITION BY package) AS package_arrived
        FROM packages
        WHERE time < {now:DateTime64(3)}
        GROUP BY package, package_version
    ),
    habits AS
    (
        SELECT DISTINCT package, kind, toUInt8(1) AS has_done
        FROM behaviours
        WHERE package != '' AND time < {start:DateTime64(3)}
    ),
    everybody AS
    (
        SELECT package, groupUniqArray(function) AS having_any
        FROM carried
        GROUP BY package
    ),
    pairs AS
    (
        SELECT f.kind AS kind, f.target AS target, f.showing AS showing, f.first_seen AS first_seen, f.last_seen AS last_seen, f.times AS times,
            f.environments AS environments, f.environments_all AS environments_all, f.account AS account, f.region AS region,
            f.requests AS requests, c.package AS package, c.package_version AS package_version, c.carrying AS carrying,
            length(arrayIntersect(f.showing, c.carrying)) AS hits,
            hits / length(f.showing) AS share, hits / length(c.carrying) AS carriers_share,
            arrayFilter(x -> NOT has(c.carrying, x), e.having_any) AS other_versions,
            arrayFilter(x -> NOT has(f.showing, x), c.carrying) AS waiting,
            -- The package that the guard itself saw doing it comes first.
            (c.package = f.said_package) * 2 + (c.package = f.said_package AND c.package_version = f.said_version) AS is_named,
            -- The version came lately, and another was there before it.
            a.arrived > a.package_arrived AND a.arrived >= f.first_seen - INTERVAL 7 DAY AND a.arrived <= f.first_seen AS is_fresh,
            is_named > 0 AND h.has_done = 0 AS is_new_to_package
        FROM fresh AS f
        CROSS JOIN carriers AS c
        GLOBAL INNER JOIN everybody AS e ON e.package = c.package
        GLOBAL LEFT JOIN arrivals AS a ON a.package = c.package AND a.package_version = c.package_version
        GLOBAL LEFT JOIN habits AS h ON h.package = c.package AND h.kind = f.kind
        WHERE hasAny(f.showing, c.carrying)
    ),
    best AS
    (
        SELECT *
        FROM pairs
        WHERE hits >= {min_functions:UInt32} AND share >= {min_share:Float64} AND carriers_share >= {min_carriers:Float64}
            AND NOT hasAny(showing, other_versions)
            -- Functions of one team are deployed together and share much: without a name, the version must explain it.
            AND (is_named > 0 OR carriers_share >= 0.5)
            AND (notEmpty(other_versions) OR is_fresh OR is_new_to_package)
        ORDER BY is_named DESC, is_fresh DESC, carriers_share DESC, share DESC, package
        LIMIT 1 BY kind, target
    )
SELECT
    concat(package, ' ', package_version, ' ', kind, ' ', target) AS subject_key,
    first_seen AS episode,
    account, region, arraySort(showing) AS functions, environments, environments_all, CAST([], 'Array(UInt64)') AS sources,
    requests AS request_ids, times AS events, first_seen AS first_time, last_seen AS last_time,
    toUInt8(multiIf(is_named > 0 AND (is_fresh OR notEmpty(other_versions)), 5, is_fresh AND notEmpty(other_versions), 5, 4)) AS severity,
    arrayFilter(x -> x != '', [
        concat(toString(length(showing)), ' functions show it, ', toString(hits), ' of them contain ', package, ' ', package_version),
        if(empty(other_versions), 'no function contains another version of the package',
            concat(toString(length(other_versions)), ' functions with another version of the package do not')),
        if(is_named > 0, 'the guard recorded that the package itself does it', ''),
        if(empty(waiting), 'all functions with this version show it', concat(toString(length(waiting)), ' functions with this version do not show it yet'))
    ]) AS reasons,
    toJSONString(CAST(
        tuple(package, package_version, kind, target, length(other_versions), length(waiting), arraySort(arraySlice(waiting, 1, 50))),
        'Tuple(package String, package_version String, kind String, target String, spared UInt64, waiting UInt64, waiting_functions Array(String))'
    )) AS facts
FROM best
