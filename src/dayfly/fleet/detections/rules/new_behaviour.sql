-- rule: new_behaviour
-- title: New behavior of a function
-- severity: medium
-- technique: T1071, T1059.004, T1195.002
-- every: 60
-- lookback: 3600
-- gap: 86400
-- story: {function} ({version}) used {kind} {target} for the first time ({since}), in {environments}
--   environments{by}. The function has been observed for {known:duration}; {elsewhere}.
-- do: Find the code that does it. After a deployment, it should be part of the change. Without one, recycle the
--   environments and check the first request. Then allow or deny it in the function's policy.
-- explain: The function suddenly contacts a destination or starts a program that it never used before.
-- sees: the first use of a destination, child process, file or permission by a function observed for `settled`
--   seconds. Severity is higher without a deployment, if no other function in the fleet does it, or if the package
--   never did it.
-- misses: behavior in a function's first hours, and functions without `guard_learn` or a policy, because they report
--   no behavior.
-- suspects: new_uses
-- evidence: behaviours_of_function
-- param_settled: 14400 (UInt32) seconds that a function must be observed
-- param_deploy: 3600 (UInt32) seconds after a deployment in which new behavior belongs to the deployment
WITH
    uses AS
    (
        SELECT account, region, function, kind, target,
            min(time) AS first_use, argMin(version, time) AS first_version, argMin(package, time) AS first_package,
            argMin(package_version, time) AS first_package_version, groupUniqArray(100)(environment) AS users,
            uniqExact(environment) AS users_all, groupUniqArray(100)(request_id) AS requests, max(time) AS last_use,
            countIf(verdict IN ('observed', 'refused')) AS refused, count() AS times
        FROM behaviours
        WHERE time < {now:DateTime64(3)} AND cityHash64(account, region, function, kind, target) IN {suspects:Array(UInt64)}
        GROUP BY account, region, function, kind, target
        HAVING first_use >= {start:DateTime64(3)}
    ),
    -- One deploy is one code in one version; the earliest is when the function became known.
    deploys AS
    (
        SELECT function, min(began) AS known_since, groupArray(began) AS starts
        FROM
        (
            SELECT function, version, code, min(time) AS began
            FROM environments
            WHERE function IN (SELECT function FROM uses) AND time < {now:DateTime64(3)}
            GROUP BY function, version, code
        )
        GROUP BY function
    ),
    first_lines AS
    (
        SELECT function, min(time) AS known_since
        FROM behaviours
        WHERE function IN (SELECT function FROM uses) AND time < {now:DateTime64(3)}
        GROUP BY function
    ),
    others AS
    (
        SELECT kind, target, groupUniqArray(50)(function) AS by_functions
        FROM behaviours
        WHERE (kind, target) IN (SELECT kind, target FROM uses) AND time < {start:DateTime64(3)}
        GROUP BY kind, target
    ),
    habits AS
    (
        SELECT package, kind, count() AS before
        FROM behaviours
        WHERE package != '' AND package IN (SELECT first_package FROM uses) AND time < {start:DateTime64(3)}
        GROUP BY package, kind
    ),
    known_packages AS
    (
        SELECT package AS known_package, min(time) AS known_from
        FROM
        (
            SELECT package, time FROM packages WHERE time < {start:DateTime64(3)}
            UNION ALL
            SELECT package, time FROM behaviours WHERE package != '' AND time < {start:DateTime64(3)}
        )
        WHERE package IN (SELECT first_package FROM uses)
        GROUP BY package
    ),
    judged AS
    (
        SELECT u.account AS account, u.region AS region, u.function AS function, u.kind AS kind, u.target AS target,
            u.first_use AS first_use, u.first_version AS first_version, u.first_package AS first_package,
            u.first_package_version AS first_package_version, u.users AS users, u.users_all AS users_all, u.requests AS requests,
            u.last_use AS last_use, u.refused AS refused, u.times AS times,
            f.known_since AS told_since,
            least(if(toUnixTimestamp(d.known_since) > 0, d.known_since, f.known_since), f.known_since) AS known_since,
            arrayMax(arrayFilter(x -> x > known_since AND x <= u.first_use, arrayPushBack(d.starts, known_since))) AS deployed,
            toUnixTimestamp(deployed) > 0 AND deployed > known_since
                AND u.first_use <= deployed + toIntervalSecond({deploy:UInt32}) AS is_deploy,
            arrayFilter(x -> x != u.function, o.by_functions) AS elsewhere,
            u.first_package != '' AND k.known_package != '' AND h.before = 0 AS is_new_to_package,
            u.kind IN ('process', 'native', 'credentials') AS is_grave,
            (if(is_deploy, 0, 2) + is_grave + empty(elsewhere) + is_new_to_package + (u.refused > 0)) AS points
        FROM uses AS u
        GLOBAL LEFT JOIN deploys AS d ON d.function = u.function
        GLOBAL LEFT JOIN first_lines AS f ON f.function = u.function
        GLOBAL LEFT JOIN others AS o ON o.kind = u.kind AND o.target = u.target
        GLOBAL LEFT JOIN habits AS h ON h.package = u.first_package AND h.kind = u.kind
        GLOBAL LEFT JOIN known_packages AS k ON k.known_package = u.first_package
    )
SELECT
    concat(function, ' ', kind, ' ', target) AS subject_key,
    first_use AS episode,
    account, region, [function] AS functions, users AS environments, users_all AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, requests AS request_ids, times AS events, first_use AS first_time, last_use AS last_time,
    toUInt8(least(1 + points, 5)) AS severity,
    arrayFilter(x -> x != '', [
        if(is_deploy, concat('it started with the deployment of ', formatDateTime(deployed, '%F %R'), ' UTC'), 'no deployment shortly before'),
        if(empty(elsewhere), 'no other function in the fleet does it',
            concat(toString(length(elsewhere)), ' other functions do it')),
        if(is_new_to_package, concat('the package ', first_package, ' never did this before'), ''),
        if(is_grave, 'it is a child process, native code or access to credentials', ''),
        if(refused > 0, 'the policy does not allow it', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(function, first_version, kind, target, first_package, first_package_version,
            if(is_deploy, 'after a deployment', 'without a deployment'),
            if(first_package = '', ', by code outside known packages', concat(', by the package ', first_package, ' ', first_package_version)),
            toUnixTimestamp(first_use) - toUnixTimestamp(known_since),
            if(empty(elsewhere), 'no other function in the fleet does it', concat('other functions do it too: ', arrayStringConcat(arraySlice(elsewhere, 1, 5), ', ')))),
        'Tuple(function String, version String, kind String, target String, package String, package_version String, since String, by String, known UInt64, elsewhere String)'
    )) AS facts
FROM judged
-- Where a deploy brought the first uses at all, it switched telling them on.
WHERE points >= 1 AND NOT (is_deploy AND told_since >= deployed) AND first_use >= known_since + toIntervalSecond({settled:UInt32})
