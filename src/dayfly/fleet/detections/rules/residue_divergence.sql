-- rule: residue_divergence
-- title: Few environments leave a residue that others do not
-- severity: medium
-- technique: T1574
-- every: 300
-- lookback: 86400
-- gap: 21600
-- story: {odd} of {all} environments of {function} ({version}) left residue {residue:hash} after invocations, {times}
--   times since {first_time:time}. No other environment of the version did.
-- do: Check the residue.* findings of these environments: they show what was left. If your own code explains it, mute
--   this detection. If not, recycle the environments and check the first request that left it.
-- explain: Some copies of the function keep something in memory or on disk that the other copies do not.
-- sees: a new residue that few environments of a version leave repeatedly.
-- misses: residue that occurs once, and residue in every environment.
-- suspects: repeated_residues
-- evidence: residue_of_environments
-- param_min_all: 8 (UInt32) environments of the version that must be active
-- param_max_share: 0.2 (Float64) maximum share of the environments that leave it
-- param_min_repeats: 4 (UInt32) invocations of one environment that leave it
-- param_min_of_environment: 0.25 (Float64) share of an environment's invocations since then that left it
-- param_min_age: 1800 (UInt32) seconds that the version was observed without it
WITH
    left_behind AS MATERIALIZED
    (
        SELECT account, region, function, version, environment, residue, sum(residues.times) AS times,
            min(residues.first) AS first_time, max(residues.last) AS last_time
        FROM residues
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND cityHash64(account, region, function, version, residue) IN {suspects:Array(UInt64)}
        GROUP BY account, region, function, version, environment, residue
    ),
    served AS
    (
        SELECT environment, groupArray((hour, invocations)) AS hours
        FROM lives
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND environment IN (SELECT environment FROM left_behind)
        GROUP BY environment
    ),
    -- Of what the environment served since it left it first, counted by whole hours.
    shares AS
    (
        SELECT l.account AS account, l.region AS region, l.function AS function, l.version AS version, l.environment AS environment,
            l.residue AS residue, l.times AS times, l.first_time AS first_time, l.last_time AS last_time,
            l.times / greatest(1, arraySum(x -> if(x.1 >= toStartOfHour(l.first_time), x.2, 0), s.hours)) AS share
        FROM left_behind AS l
        GLOBAL LEFT JOIN served AS s ON s.environment = l.environment
    ),
    kinds AS MATERIALIZED
    (
        SELECT account, region, function, version, residue, count() AS odd, sum(times) AS total, max(times) AS repeats,
            max(if(times >= {min_repeats:UInt32}, share, 0)) AS most_share,
            groupArray(100)(environment) AS odd_environments, min(shares.first_time) AS first_left, max(shares.last_time) AS last_left
        FROM shares
        GROUP BY account, region, function, version, residue
        HAVING repeats >= {min_repeats:UInt32} AND most_share >= {min_of_environment:Float64}
    ),
    totals AS
    (
        SELECT function, version, uniqExact(environment) AS all, min(lives.first) AS first_seen
        FROM lives
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND function IN (SELECT function FROM kinds)
        GROUP BY function, version
    ),
    suspicious AS
    (
        SELECT environment, count() AS told
        FROM findings
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND severity >= 4
        GROUP BY environment
    ),
    judged AS
    (
        SELECT k.account AS account, k.region AS region, k.function AS function, k.version AS version, k.residue AS residue, k.odd AS odd,
            k.total AS total, k.repeats AS repeats, k.odd_environments AS odd_environments, k.first_left AS first_left,
            k.last_left AS last_left, t.all AS all,
            arrayCount(e -> e IN (SELECT environment FROM suspicious), k.odd_environments) AS told
        FROM kinds AS k
        GLOBAL INNER JOIN totals AS t ON t.function = k.function AND t.version = k.version
        WHERE t.all >= {min_all:UInt32} AND k.odd <= greatest(1, t.all * {max_share:Float64})
            AND k.first_left >= t.first_seen + toIntervalSecond({min_age:UInt32})
    )
SELECT
    concat(function, ' ', version, ' ', hex(residue)) AS subject_key,
    first_left AS episode,
    account, region, [function] AS functions, odd_environments AS environments, odd AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, CAST([], 'Array(UUID)') AS request_ids, total AS events,
    first_left AS first_time, last_left AS last_time,
    toUInt8(if(told > 0, 4, 3)) AS severity,
    arrayFilter(x -> x != '', [
        concat(toString(odd), ' of ', toString(all), ' environments leave it, up to ', toString(repeats), ' times each'),
        if(told > 0, concat(toString(told), ' of them have high-severity findings'), '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(function, version, residue, odd, all, total),
        'Tuple(function String, version String, residue UInt64, odd UInt64, all UInt64, times UInt64)'
    )) AS facts
FROM judged
