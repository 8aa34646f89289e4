-- rule: divergence
-- title: Environments of one version run different code
-- severity: high
-- technique: T1554
-- every: 300
-- lookback: 86400
-- gap: 21600
-- story: {odd} of {all} environments of {function} ({version}) started with code {code:hash}; the others run
--   {common:hash}. A deployment changes all environments that start after it, but these started between the others
--   ({runs} times).
-- do: Keep one of these environments for inspection and recycle the others. Find the origin of the code: a layer, a
--   writable file system, or a package downloaded at init. Compare it with the package that you deployed.
-- explain: All copies of this function should run the same code. Some do not, without a deployment.
-- sees: a minority of environments of one version with different code that start between environments with the usual
--   code.
-- misses: code that is the same everywhere (a trojan in the deployed package), and a minority that replaces the
--   majority at once.
-- suspects: mixed_versions
-- evidence: code_of_environments
-- param_min_others: 3 (UInt32) environments with the usual code that define it as usual
-- param_settle: 120 (UInt32) seconds after a deployment in which environments with the old code may still start
-- param_max_run: 3 (Float64) mean number of different environments in a row; more is a deployment and a rollback
WITH
    -- One pass: what is mentioned twice is run twice.
    starts AS
    (
        SELECT account, region, function, version, environment, argMin(code, time) AS first_code, min(time) AS started
        FROM
        (
            SELECT account, region, function, version, environment, time, code
            FROM environments
            WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND code != 0
                AND cityHash64(account, region, function, version) IN {suspects:Array(UInt64)}
            UNION ALL
            SELECT account, region, function, version, environment, min(first) AS time, argMinMerge(first_code) AS code
            FROM lives
            WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)} AND first_invocation <= 1
                AND cityHash64(account, region, function, version) IN {suspects:Array(UInt64)}
            GROUP BY account, region, function, version, environment
            HAVING code != 0
        )
        GROUP BY account, region, function, version, environment
    ),
    with_firsts AS
    (
        SELECT *, min(started) OVER (PARTITION BY account, region, function, version, first_code) AS code_since
        FROM starts
    ),
    with_all_firsts AS
    (
        SELECT *, groupUniqArray(20)((first_code, code_since)) OVER (PARTITION BY account, region, function, version) AS of_codes
        FROM with_firsts
    ),
    -- Without those that started with the older code while a deploy was still settling.
    ordered AS
    (
        SELECT account, region, function, version, environment, first_code AS code, started,
            lagInFrame(first_code, 1, 0) OVER in_order AS before, leadInFrame(first_code, 1, 0) OVER in_order AS after
        FROM with_all_firsts
        WHERE NOT arrayExists(c -> c.1 != first_code AND c.2 <= started AND started < c.2 + toIntervalSecond({settle:UInt32})
            AND code_since < c.2, of_codes)
        WINDOW in_order AS (PARTITION BY account, region, function, version ORDER BY started, environment
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    per_code AS
    (
        SELECT account, region, function, version, code, count() AS odd,
            countIf(before != code) AS runs, countIf(after != code AND after != 0) AS ended,
            groupArray(100)(environment) AS odd_environments, min(started) AS first_time, max(started) AS last_time
        FROM ordered
        GROUP BY account, region, function, version, code
    ),
    judged AS
    (
        SELECT *,
            sum(odd) OVER of_version AS all, max(odd) OVER of_version AS most, argMax(code, (odd, code)) OVER of_version AS common,
            match(version, '^[0-9]+$') AS is_published,
            groupArray(100)((code, first_time, last_time)) OVER of_version AS spans,
            -- In between: it ends, and the code before it came back; or it comes more than once. One deploy after the other does neither.
            arrayExists(x -> x.1 != code AND x.2 < first_time AND x.3 > first_time, spans) AS is_older_back,
            odd / runs < {max_run:Float64} AND (runs >= 2 OR (ended >= 1 AND is_older_back)) AS is_between
        FROM per_code
        WINDOW of_version AS (PARTITION BY account, region, function, version)
    )
SELECT
    concat(function, ' ', version, ' ', hex(code)) AS subject_key,
    first_time AS episode,
    account, region, [function] AS functions, odd_environments AS environments, odd AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, CAST([], 'Array(UUID)') AS request_ids, odd AS events, first_time, last_time,
    toUInt8(multiIf(is_published AND is_between AND odd >= 4, 5, is_between AND (is_published OR runs >= 2), 4, 3)) AS severity,
    arrayFilter(x -> x != '', [
        concat(toString(odd), ' of ', toString(all), ' environments differ'),
        if(is_between, concat('they started between environments with the usual code, ', toString(runs), ' times'),
            'they replaced the usual code, but a published version never changes; a runtime update can look the same'),
        if(is_published, 'the version is published: a deployment cannot change its code or layers',
            'the version is $LATEST and can change in place: a deployment with an immediate rollback can look the same')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(function, version, code, common, odd, all, runs),
        'Tuple(function String, version String, code UInt64, common UInt64, odd UInt64, all UInt64, runs UInt64)'
    )) AS facts
FROM judged
WHERE code != common AND most >= {min_others:UInt32} AND (is_between OR is_published)
