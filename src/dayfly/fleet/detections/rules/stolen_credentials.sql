-- rule: stolen_credentials
-- title: Credentials of a function are used from elsewhere
-- severity: high
-- technique: T1550.001, T1552.005, T1078.004
-- every: 300
-- lookback: 7200
-- gap: 43200
-- story: An access key of {function} (role {role}) was used from {addresses} with {agents}, {events} calls ({calls}), as no environment of
--   the function ever does. {split}
-- do: Revoke the role's active sessions (IAM, the role's page; keys got before stop working), then find the environment that lost the key: findings of the guard
--   and of reading credentials shortly before {first_time:time}. Look at everything the key did in CloudTrail.
-- explain: Someone took the function's own password to AWS and uses it from their computer.
-- sees: a key of the function's role with a user agent, a network or a region that neither the function's history nor its other keys have.
-- misses: a thief inside the same network with the same user agent; calls that CloudTrail does not record (data events that are off).
-- suspects: keys_from_new_places
-- evidence: calls_of_key
-- param_min_points: 3 (UInt8) signs that must come together, see the reasons
-- param_stable: 8 (UInt32) networks that a function uses at most where a new one means something
-- param_own_share: 0.3 (Float64) share of a function's calls that makes a habit
WITH
    calls AS MATERIALIZED
    (
        SELECT DISTINCT account, region, function, role, concat(account, ' ', role) AS owner, access_key, event_id, event_source, event_name, source_ip, user_agent, error_code, time,
            extract(user_agent, '^[\\[("'']*([A-Za-z0-9_.-]+)') AS product,
            position(user_agent, 'AWS_Lambda') > 0 AS in_lambda,
            concat(lower(product), if(in_lambda, ' in Lambda', '')) AS agent,
            match(source_ip, '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\\.|169\\.254\\.|127\\.|f[cd][0-9a-f]{2}:|fe80:)') AS is_private,
            multiIf(
                is_private, 'a private network',
                position(source_ip, ':') > 0, concat(arrayStringConcat(arraySlice(splitByChar(':', source_ip), 1, 3), ':'), '::/48'),
                concat(arrayStringConcat(arraySlice(splitByChar('.', source_ip), 1, 3), '.'), '.0/24')) AS network
        FROM api_calls
        WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {now:DateTime64(3)} AND access_key != 0
            AND (account, role) GLOBAL IN (SELECT account, role FROM api_calls WHERE access_key IN {suspects:Array(UInt64)}
                AND time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)})
            -- AWS itself acts for the function: an endpoint's name or "AWS Internal" instead of an address.
            AND source_ip != 'AWS Internal' AND source_ip != '' AND NOT match(source_ip, '\\.amazonaws\\.com(\\.cn)?$')
            AND NOT match(user_agent, '^([a-z0-9.-]+\\.amazonaws\\.com|AWS Internal)')
    ),
    -- A session's name may be anybody's: these are functions.
    real AS
    (
        SELECT DISTINCT function FROM calls WHERE in_lambda
        UNION DISTINCT
        SELECT DISTINCT function FROM environments
    ),
    recent AS
    (
        SELECT c.account AS account, c.function AS function, c.role AS role, c.owner AS owner, c.access_key AS access_key, c.network AS network, c.agent AS agent,
            groupUniqArray(20)(c.region) AS regions, max(c.in_lambda) AS in_lambda, max(c.is_private) AS is_private, count() AS calls, min(time) AS first_at, max(time) AS last_at, groupUniqArray(10)(source_ip) AS addresses,
            groupUniqArray(5)(user_agent) AS agents, groupUniqArray(20)(event_name) AS names, countIf(error_code != '') AS refused,
            groupUniqArray(100)(event_id) AS ids
        FROM calls AS c
        WHERE c.time >= {start:DateTime64(3)} AND c.access_key IN {suspects:Array(UInt64)} AND c.function GLOBAL IN (SELECT function FROM real)
        GROUP BY c.account, c.function, c.role, c.owner, c.access_key, c.network, c.agent
    ),
    -- Habits of a role: what it did before, and what several of its keys do.
    networks AS
    (
        SELECT owner, network, countIf(time < {start:DateTime64(3)}) AS before, groupUniqArray(100)(access_key) AS keys, count() AS calls
        FROM calls
        GROUP BY owner, network
    ),
    agents AS
    (
        SELECT owner, agent, countIf(time < {start:DateTime64(3)}) AS before, groupUniqArray(100)(access_key) AS keys, count() AS calls
        FROM calls
        GROUP BY owner, agent
    ),
    roles AS
    (
        SELECT owner, count() AS calls, uniqExact(network) AS networks, countIf(in_lambda) AS calls_in_lambda, groupUniqArray(50)(region) AS regions_ever,
            groupUniqArrayIf(50)(region, time < {start:DateTime64(3)}) AS regions_before, groupUniqArray(500)(event_name) AS names_ever,
            groupUniqArrayIf(500)(event_name, time < {start:DateTime64(3)}) AS names_before, uniqExact(access_key) AS keys
        FROM calls
        GROUP BY owner
    ),
    region_use AS
    (
        SELECT owner, groupUniqArray(20)(use_region) AS habitual
        FROM
        (
            SELECT owner, region AS use_region, uniqExact(access_key) AS keys, count() AS calls, countIf(time < {start:DateTime64(3)}) AS before
            FROM calls
            GROUP BY owner, region
            HAVING keys >= 3 OR before > 0 OR calls >= 20
        )
        GROUP BY owner
    ),
    key_use AS
    (
        SELECT function, access_key, uniqExact(network, agent) AS places, groupUniqArray(20)(network) AS key_networks
        FROM calls
        WHERE time >= {start:DateTime64(3)} AND access_key IN {suspects:Array(UInt64)}
        GROUP BY function, access_key
    ),
    judged AS
    (
        SELECT r.account AS account, r.regions[1] AS region, r.function AS function, r.role AS role, r.access_key AS access_key,
            r.first_at AS first_at, r.last_at AS last_at, r.calls AS calls, r.addresses AS addresses, r.agents AS agents, r.names AS names,
            o.calls AS all_calls,
            n.before > 0 OR length(n.keys) >= 3 OR n.calls / o.calls >= {own_share:Float64} OR r.is_private AND o.networks <= 1 AS is_network_known,
            a.before > 0 OR length(a.keys) >= 3 OR a.calls / o.calls >= {own_share:Float64} AS is_agent_known,
            notEmpty(u.habitual) AND NOT hasAll(u.habitual, r.regions) AS is_region_new,
            NOT is_network_known AND o.networks <= {stable:UInt32} AS is_network_odd,
            NOT is_agent_known AND NOT r.in_lambda AND o.calls_in_lambda > 0 AS is_outside,
            k.places > 1 AND length(k.key_networks) > 1 AND NOT is_network_known AS is_split,
            arrayExists(x -> NOT has(o.names_before, x), arrayIntersect(r.names, ['GetCallerIdentity', 'ListBuckets', 'ListFunctions', 'ListFunctions20150331', 'ListRoles', 'ListUsers', 'GetAccountAuthorizationDetails',
                'ListSecrets', 'DescribeInstances', 'ListTables', 'ListAttachedRolePolicies', 'GetAccountSummary', 'CreateUser', 'CreateAccessKey', 'AssumeRole']))
                AS is_recon,
            r.refused >= 3 AND r.refused * 2 >= r.calls AS is_refused,
            (is_outside * 2 + (NOT is_agent_known AND NOT is_outside) + (NOT is_network_known) + is_network_odd + is_region_new + is_split + is_recon + is_refused) AS points
        FROM recent AS r
        GLOBAL INNER JOIN roles AS o ON o.owner = r.owner
        GLOBAL LEFT JOIN networks AS n ON n.owner = r.owner AND n.network = r.network
        GLOBAL LEFT JOIN agents AS a ON a.owner = r.owner AND a.agent = r.agent
        GLOBAL LEFT JOIN region_use AS u ON u.owner = r.owner
        GLOBAL LEFT JOIN key_use AS k ON k.function = r.function AND k.access_key = r.access_key
        -- Without a habit nothing is unusual.
        WHERE o.calls >= 10 AND r.calls * 2 <= o.calls
    )
SELECT
    concat(function, ' ', hex(access_key)) AS subject_key,
    min(first_at) AS episode,
    any(j.account) AS account, any(j.region) AS region, [toString(function)] AS functions, CAST([], 'Array(UInt64)') AS environments,
    toUInt64(0) AS environments_all, CAST([], 'Array(UInt64)') AS sources, CAST([], 'Array(UUID)') AS request_ids, sum(j.calls) AS events,
    min(first_at) AS first_time, max(last_at) AS last_time,
    toUInt8(least(5, greatest(3, max(points)))) AS severity,
    arrayFilter(x -> x != '', [
        if(max(is_outside), 'the user agent says that the caller is no Lambda function, and the function''s own always do', ''),
        if(max(NOT is_agent_known AND NOT is_outside), 'no other key of the role has this user agent', ''),
        if(max(is_network_odd), 'the function calls from few networks, and this is none of them', if(max(NOT is_network_known), 'no other key of the role calls from this network', '')),
        if(max(is_region_new), 'the function never called this region', ''),
        if(max(is_split), 'the same key is used from the function''s own network, too', ''),
        if(max(is_recon), 'the calls look around, and the function never made them', ''),
        if(max(is_refused), 'most of the calls were refused', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(toString(function), any(j.role), access_key, arrayStringConcat(arraySlice(groupUniqArrayArray(j.addresses), 1, 5), ', '),
            arrayStringConcat(arrayMap(x -> substring(x, 1, 80), arraySlice(groupUniqArrayArray(j.agents), 1, 2)), '; '),
            arrayStringConcat(arraySlice(groupUniqArrayArray(j.names), 1, 8), ', '),
            if(max(is_split), 'The same key is used from the function''s own network at the same time.', 'The function''s own environments go on with other keys.')),
        'Tuple(function String, role String, access_key UInt64, addresses String, agents String, calls String, split String)'
    )) AS facts
FROM judged AS j
WHERE points >= {min_points:UInt8} AND (is_outside OR NOT is_network_known)
GROUP BY function, access_key
