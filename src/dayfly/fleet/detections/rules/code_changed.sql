-- rule: code_changed
-- title: Code of a running environment changed
-- severity: high
-- technique: T1554, T1574
-- every: 60
-- lookback: 3600
-- gap: 21600
-- story: {changed} environments of {function} ({version}) started with code {before:hash} and now run {after:hash}.
--   Lambda loads code once, at init; something changed it later, first at {first_time:time}.
-- do: Recycle these environments now. Check the requests shortly before the change, and the findings residue.code and
--   residue.memory of the same environments: they show the file or the object.
-- explain: A running copy of the function was modified while it served requests.
-- sees: environments whose code hash differs from the hash at start, or changes between two invocations.
-- misses: changes that most environments of the version make in the same way; they are normal for the function.
-- suspects: changed_environments
-- evidence: code_of_environment
-- param_usual: 0.5 (Float64) share of a version's environments that make the same change; at this share the change is normal
-- param_min_usual: 5 (UInt32) minimum number of environments with the same change for it to be normal
WITH
    lives AS
    (
        SELECT account, region, function, version, environment,
            argMin(code, time) AS first_code, argMax(code, time) AS last_code, min(code) AS least, max(code) AS most,
            max(time) AS last_seen, min(time) AS first_seen
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND code != 0
            AND function IN (SELECT function FROM lives WHERE environment IN {suspects:Array(UInt64)}
                AND hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)})
        GROUP BY account, region, function, version, environment
    ),
    told AS
    (
        SELECT environment, argMin(code, time) AS start_code
        FROM environments
        WHERE code != 0 AND time < {now:DateTime64(3)} AND time >= {start:DateTime64(3)} - INTERVAL 7 DAY
        GROUP BY environment
    ),
    compared AS
    (
        SELECT l.account AS account, l.region AS region, l.function AS function, l.version AS version,
            l.environment AS environment, if(t.start_code != 0, t.start_code, l.first_code) AS before,
            if(l.last_code != before, l.last_code, if(l.least != before, l.least, l.most)) AS after, l.last_seen AS last_seen,
            l.first_seen AS first_seen, before != l.least OR before != l.most AS is_changed
        FROM lives AS l
        GLOBAL LEFT JOIN told AS t ON t.environment = l.environment
    ),
    changes AS
    (
        SELECT account, region, function, version, before, after, count() AS changed,
            groupArray(100)(environment) AS odd, max(last_seen) AS last_time, min(first_seen) AS first_seen
        FROM compared
        WHERE is_changed
        GROUP BY account, region, function, version, before, after
    ),
    totals AS
    (
        SELECT account, region, function, version, count() AS all
        FROM compared
        GROUP BY account, region, function, version
    ),
    moments AS
    (
        SELECT function, environment, code, min(time) AS since
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND environment IN {suspects:Array(UInt64)}
        GROUP BY function, environment, code
    ),
    begun AS
    (
        SELECT c.function AS function, c.version AS version, c.before AS before, c.after AS after, min(m.since) AS since
        FROM (SELECT function, version, before, after, arrayJoin(odd) AS environment FROM changes) AS c
        GLOBAL INNER JOIN moments AS m ON m.environment = c.environment AND m.code = c.after
        GROUP BY function, version, before, after
    )
SELECT
    concat(c.function, ' ', c.version, ' ', hex(c.before), ' ', hex(c.after)) AS subject_key,
    toStartOfHour(if(toUnixTimestamp(b.since) > 0, b.since, c.first_seen)) AS episode,
    c.account AS account, c.region AS region, [c.function] AS functions, c.odd AS environments, c.changed AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, CAST([], 'Array(UUID)') AS request_ids, c.changed AS events,
    if(toUnixTimestamp(b.since) > 0, b.since, c.first_seen) AS first_time, greatest(c.last_time, first_time) AS last_time,
    toUInt8(if(c.changed >= 3, 5, 4)) AS severity,
    [
        concat(toString(c.changed), ' of ', toString(t.all), ' environments changed in the same way'),
        'Lambda loads code at init; it does not change on its own'
    ] AS reasons,
    toJSONString(CAST(
        tuple(c.function, c.version, c.before, c.after, c.changed, t.all),
        'Tuple(function String, version String, before UInt64, after UInt64, changed UInt64, all UInt64)'
    )) AS facts
FROM changes AS c
GLOBAL INNER JOIN totals AS t USING (account, region, function, version)
GLOBAL LEFT JOIN begun AS b ON b.function = c.function AND b.version = c.version AND b.before = c.before AND b.after = c.after
WHERE NOT (c.changed >= {min_usual:UInt32} AND c.changed / t.all >= {usual:Float64})
