-- rule: stolen_credentials
-- title: Function credentials used outside Lambda
-- severity: high
-- technique: T1550.001, T1552.005, T1078.004
-- every: 300
-- lookback: 7200
-- gap: 43200
-- story: An access key of {function} (role {role}) was used from {addresses} with {agents}, {events} API calls
--   ({calls}). The function's environments never do this. {split}
-- do: Revoke the role's active sessions (IAM console, page of the role; existing keys stop working). Then find the
--   environment that leaked the key: guard findings and credential access shortly before {first_time:time}. Check all
--   activity of the key in CloudTrail.
-- explain: Someone stole the function's AWS credentials and uses them from another computer.
-- sees: a key of the function's role with a user agent, network or region that neither the function's history nor its
--   other keys have.
-- misses: an attacker in the same network with the same user agent, and API calls that CloudTrail does not record
--   (data events that are off).
-- suspects: keys_from_new_places
-- evidence: calls_of_key
-- param_min_points: 3 (UInt8) indicators that must occur together; the reasons list them
-- param_stable: 8 (UInt32) maximum number of networks of a function for which a new one is significant
-- param_own_share: 0.3 (Float64) share of a function's API calls that makes them normal
WITH
    calls AS
    (
        SELECT DISTINCT account, region, function, role, concat(account, ' ', role) AS owner, access_key, event_id, event_name, source_ip, user_agent, error_code, time,
            time < {start:DateTime64(3)} AS is_before,
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
            AND role IN {suspect_roles:Array(String)}
            -- AWS itself acts for the function: an endpoint's name or "AWS Internal" instead of an address.
            AND source_ip != 'AWS Internal' AND source_ip != '' AND NOT match(source_ip, '\\.amazonaws\\.com(\\.cn)?$')
            AND NOT match(user_agent, '^([a-z0-9.-]+\\.amazonaws\\.com|AWS Internal)')
    ),
    uses AS
    (
        SELECT account, function, role, owner, access_key, network, agent, region, any(in_lambda) AS in_lambda,
            any(is_private) AS is_private, count() AS calls_ever, countIf(is_before) AS calls_before,
            countIf(NOT is_before) AS calls_now, minIf(time, NOT is_before) AS first_at, max(time) AS last_at,
            groupUniqArrayIf(10)(source_ip, NOT is_before) AS addresses, groupUniqArrayIf(5)(user_agent, NOT is_before) AS agents,
            groupUniqArrayIf(20)(event_name, NOT is_before) AS names, countIf(error_code != '' AND NOT is_before) AS refused,
            groupUniqArrayIf(500)(event_name, is_before) AS names_before
        FROM calls
        GROUP BY account, function, role, owner, access_key, network, agent, region
    ),
    -- Habits of a role: what it did before, and what several of its keys do.
    in_regions AS
    (
        SELECT *,
            uniqExact(access_key) OVER of_region >= 3 OR sum(calls_before) OVER of_region > 0
                OR sum(calls_ever) OVER of_region >= 20 AS is_habitual
        FROM uses
        WINDOW of_region AS (PARTITION BY owner, region)
    ),
    habits AS
    (
        SELECT *,
            sum(calls_ever) OVER of_owner AS calls_all, sum(calls_ever * in_lambda) OVER of_owner AS calls_in_lambda,
            uniqExact(network) OVER of_owner AS networks, max(is_habitual) OVER of_owner AS has_habit,
            groupUniqArrayArray(500)(names_before) OVER of_owner AS all_before,
            sum(calls_before) OVER of_network > 0 OR uniqExact(access_key) OVER of_network >= 3
                OR sum(calls_ever) OVER of_network / calls_all >= {own_share:Float64} OR is_private AND networks <= 1 AS is_network_known,
            sum(calls_before) OVER of_agent > 0 OR uniqExact(access_key) OVER of_agent >= 3
                OR sum(calls_ever) OVER of_agent / calls_all >= {own_share:Float64} AS is_agent_known,
            uniqExactIf(network, calls_now > 0) OVER of_key AS networks_of_key,
            -- Any principal can choose a session name; only these belong to functions.
            max(in_lambda) OVER (PARTITION BY function) AS is_function
        FROM in_regions
        WINDOW
            of_owner AS (PARTITION BY owner), of_network AS (PARTITION BY owner, network),
            of_agent AS (PARTITION BY owner, agent), of_key AS (PARTITION BY function, access_key)
    ),
    recent AS
    (
        SELECT account, function, role, access_key, any(habits.region) AS region, min(habits.first_at) AS first_at,
            max(habits.last_at) AS last_at, sum(calls_now) AS calls, groupUniqArrayArray(10)(habits.addresses) AS addresses,
            groupUniqArrayArray(5)(habits.agents) AS agents, groupUniqArrayArray(20)(habits.names) AS names,
            sum(habits.refused) AS refused, any(calls_all) AS all_calls, any(is_network_known) AS is_network_known,
            any(is_agent_known) AS is_agent_known, any(networks) <= {stable:UInt32} AS is_settled,
            any(in_lambda) AS in_lambda, any(calls_in_lambda) AS calls_in_lambda, any(all_before) AS all_before,
            any(has_habit) AND max(NOT is_habitual) AS is_region_new, any(networks_of_key) > 1 AS is_of_several
        FROM habits
        WHERE calls_now > 0 AND access_key IN {suspects:Array(UInt64)} AND (is_function OR function IN (
            SELECT function FROM environments WHERE function IN {suspect_functions:Array(String)}
        ))
        GROUP BY account, function, role, access_key, network, agent
        -- Without a habit nothing is unusual.
        HAVING all_calls >= 10 AND calls * 2 <= all_calls
    ),
    judged AS
    (
        SELECT *,
            NOT is_network_known AND is_settled AS is_network_odd,
            NOT is_agent_known AND NOT in_lambda AND calls_in_lambda > 0 AS is_outside,
            is_of_several AND NOT is_network_known AS is_split,
            arrayExists(x -> NOT has(all_before, x), arrayIntersect(names, ['GetCallerIdentity', 'ListBuckets', 'ListFunctions', 'ListFunctions20150331', 'ListRoles', 'ListUsers', 'GetAccountAuthorizationDetails',
                'ListSecrets', 'DescribeInstances', 'ListTables', 'ListAttachedRolePolicies', 'GetAccountSummary', 'CreateUser', 'CreateAccessKey', 'AssumeRole']))
                AS is_recon,
            refused >= 3 AND refused * 2 >= calls AS is_refused,
            (is_outside * 2 + (NOT is_agent_known AND NOT is_outside) + (NOT is_network_known) + is_network_odd + is_region_new + is_split + is_recon + is_refused) AS points
        FROM recent
    )
SELECT
    concat(function, ' ', hex(access_key)) AS subject_key,
    min(first_at) AS episode,
    any(j.account) AS account, any(j.region) AS region, [toString(function)] AS functions, CAST([], 'Array(UInt64)') AS environments,
    toUInt64(0) AS environments_all, CAST([], 'Array(UInt64)') AS sources, CAST([], 'Array(UUID)') AS request_ids, sum(j.calls) AS events,
    min(first_at) AS first_time, max(last_at) AS last_time,
    toUInt8(least(5, greatest(3, max(points)))) AS severity,
    arrayFilter(x -> x != '', [
        if(max(is_outside), 'the user agent is not from Lambda, unlike that of all API calls of the function', ''),
        if(max(NOT is_agent_known AND NOT is_outside), 'no other key of the role has this user agent', ''),
        if(max(is_network_odd), 'the function uses few networks, and this is not one of them', if(max(NOT is_network_known), 'no other key of the role uses this network', '')),
        if(max(is_region_new), 'the function never used this region', ''),
        if(max(is_split), 'the same key is used from the function''s own network at the same time', ''),
        if(max(is_recon), 'the API calls are reconnaissance, and the function never made them', ''),
        if(max(is_refused), 'most of the API calls were denied', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(toString(function), any(j.role), access_key, arrayStringConcat(arraySlice(groupUniqArrayArray(j.addresses), 1, 5), ', '),
            arrayStringConcat(arrayMap(x -> substring(x, 1, 80), arraySlice(groupUniqArrayArray(j.agents), 1, 2)), '; '),
            arrayStringConcat(arraySlice(groupUniqArrayArray(j.names), 1, 8), ', '),
            if(max(is_split), 'The same key is used from the function''s own network at the same time.', 'The function''s own environments use other keys.')),
        'Tuple(function String, role String, access_key UInt64, addresses String, agents String, calls String, split String)'
    )) AS facts
FROM judged AS j
WHERE points >= {min_points:UInt8} AND (is_outside OR NOT is_network_known)
GROUP BY function, access_key
