-- rule: log_gaps
-- title: Log records are missing
-- severity: medium
-- technique: T1562.006, T1070
-- every: 120
-- lookback: 3600
-- gap: 7200
-- story: {missing} Dayfly log records of {function} are missing in {environments} environments: there are gaps in
--   their sequence numbers. {judgement}
-- do: If delivery lost them (a throttled subscription, a full queue), check the Ingest page and load those hours
--   again with `dayfly fleet pull`. If only one function is affected, assume that an attacker suppressed the records
--   and recycle the environments.
-- explain: Our security log has gaps, and we cannot say what happened in them.
-- sees: missing sequence numbers between two records of an environment, the later of them older than `settle`
--   seconds.
-- misses: records missing at the end of an environment's log (see protection_gone).
-- suspects: gapped_environments
-- evidence: numbers_around_gaps
-- param_settle: 300 (UInt32) seconds that a record may take to arrive
-- param_min_missing: 3 (UInt32) missing records in a function
-- param_many_functions: 5 (UInt32) functions with gaps at the same time; from this number on the cause is delivery
WITH
    lines AS MATERIALIZED
    (
        SELECT account, region, function, environment, sequence, time, 0 AS is_grave
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND sequence != 0
            AND function IN {suspect_functions:Array(String)} AND environment IN {suspects:Array(UInt64)}
        UNION ALL
        SELECT account, region, function, environment, sequence, time, severity >= 4 AS is_grave
        FROM findings
        WHERE time >= {start:DateTime64(3)} - INTERVAL 1 MINUTE AND time < {now:DateTime64(3)} AND sequence != 0
            AND environment IN {suspects:Array(UInt64)}
        UNION ALL
        SELECT account, region, function, environment, sequence, time, 0 AS is_grave
        FROM behaviours
        WHERE time >= {start:DateTime64(3)} - INTERVAL 1 MINUTE AND time < {now:DateTime64(3)} AND sequence != 0
            AND environment IN {suspects:Array(UInt64)}
    ),
    -- Of most that are suspected nothing is missing: counting tells that much faster than putting lines in order.
    broken AS
    (
        SELECT environment
        FROM lines
        GROUP BY environment
        HAVING max(sequence) - min(sequence) + 1 > uniqExact(sequence)
    ),
    known AS
    (
        SELECT environment, sequence, any(account) AS account, any(region) AS region, any(function) AS function,
            min(time) AS at, max(is_grave) AS is_grave
        FROM lines
        WHERE environment IN (SELECT environment FROM broken)
        GROUP BY environment, sequence
    ),
    steps AS
    (
        SELECT *,
            lagInFrame(sequence, 1, sequence) OVER life AS before, lagInFrame(at, 1, at) OVER life AS before_at,
            max(is_grave) OVER life AS has_grave
        FROM known
        WINDOW life AS (PARTITION BY environment ORDER BY sequence ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    gaps AS
    (
        SELECT account, region, function, environment, sequence - before - 1 AS missing, before_at, at, has_grave
        FROM steps
        -- What was before the span is known by findings only.
        WHERE sequence > before + 1 AND before_at >= {start:DateTime64(3)}
            AND at < {now:DateTime64(3)} - toIntervalSecond({settle:UInt32})
    ),
    per_function AS
    (
        SELECT account, region, function, sum(missing) AS missing, count() AS gaps, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(environment) AS environments, min(before_at) AS first_time, max(at) AS last_time,
            max(has_grave) AS has_grave, count() OVER () AS functions_with_gaps
        FROM gaps
        GROUP BY account, region, function
    ),
    serving AS
    (
        SELECT function, uniqExact(environment) AS serving
        FROM lives
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND lives.last >= {start:DateTime64(3)} AND lives.first < {now:DateTime64(3)}
            AND function IN {suspect_functions:Array(String)}
        GROUP BY function
    ),
    judged AS
    (
        SELECT *, functions_with_gaps >= {many_functions:UInt32} AS is_road,
            if(is_road, 'the road', concat(function, ' ', account, ' ', region)) AS subject,
            NOT is_road AND (has_grave OR (environments_all <= 2 AND serving >= 5)) AS is_suppressed
        FROM per_function
        GLOBAL LEFT JOIN serving USING (function)
        WHERE missing >= {min_missing:UInt32}
    )
SELECT
    subject AS subject_key,
    toStartOfHour(min(judged.first_time)) AS episode,
    any(judged.account) AS account, any(judged.region) AS region, groupUniqArray(1000)(function) AS functions,
    arraySlice(groupUniqArrayArray(judged.environments), 1, 100) AS environments, sum(judged.environments_all) AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, CAST([], 'Array(UUID)') AS request_ids, sum(judged.missing) AS events,
    min(judged.first_time) AS first_time, max(judged.last_time) AS last_time,
    toUInt8(multiIf(any(is_road), 2, max(is_suppressed) AND max(has_grave), 4, 3)) AS severity,
    [
        concat(toString(sum(judged.missing)), ' sequence numbers are missing in ', toString(sum(gaps)), ' gaps'),
        multiIf(
            any(is_road), concat(toString(any(functions_with_gaps)), ' functions have gaps at the same time: log delivery lost them'),
            max(is_suppressed) AND max(has_grave), 'the same environments have high-severity findings: an attacker probably suppressed the records',
            max(is_suppressed), concat('only ', toString(sum(judged.environments_all)), ' of ', toString(max(serving)), ' environments have gaps'),
            'other functions have none')
    ] AS reasons,
    toJSONString(CAST(
        tuple(sum(judged.missing), sum(gaps), any(functions_with_gaps),
            multiIf(any(is_road), 'Many functions have gaps at the same time: log delivery lost the records.',
                max(is_suppressed), 'Other environments have no gaps: an attacker may have suppressed the records.',
                'The cause is unknown: either log delivery lost the records, or an attacker suppressed them.'),
            arraySort(arraySlice(groupUniqArrayArray(judged.environments), 1, 100))),
        'Tuple(missing UInt64, gaps UInt64, functions_with_gaps UInt64, judgement String, environment_list Array(UInt64))'
    )) AS facts
FROM judged
GROUP BY subject
