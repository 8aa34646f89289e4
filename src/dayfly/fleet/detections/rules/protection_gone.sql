-- rule: protection_gone
-- title: Dayfly is missing or stopped reporting
-- severity: high
-- technique: T1562.001, T1562.006
-- every: 120
-- lookback: 3600
-- gap: 21600
-- story: {function} ({version}) served {unseen} requests in {streams} environments without any Dayfly log record.
--   {judgement}
-- do: If a deployment removed the layer or the wrapper, attach Dayfly again. If not, treat the environments that
--   stopped reporting as compromised: recycle them and check their last log records.
-- explain: The security monitoring of this function stopped reporting while the function still serves requests.
-- sees: requests with Lambda's START record but no Dayfly record, in environments that sent Dayfly records before, or
--   in versions that used Dayfly in the last days.
-- misses: functions whose logs have no START records (log level above INFO), and records that arrive later than
--   `settle` seconds.
-- suspects: unheard_streams
-- evidence: requests_without_line
-- param_settle: 300 (UInt32) seconds that a record may take to arrive
-- param_min_requests: 5 (UInt32) requests without a Dayfly record
WITH
    started AS
    (
        SELECT account, region, function, version, stream, request_id, min(time) AS at
        FROM platform
        WHERE kind = 'start' AND stream IN {suspects:Array(UInt64)} AND time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} - toIntervalSecond({settle:UInt32})
        GROUP BY account, region, function, version, stream, request_id
    ),
    -- Lines come a little later than the START they belong to.
    told AS
    (
        SELECT stream AS told_stream, max(lives.last) AS last_line, sum(invocations) AS lines
        FROM lives
        WHERE stream IN {suspects:Array(UInt64)} AND hour >= toStartOfHour({start:DateTime64(3)}) - INTERVAL 1 HOUR AND hour < {now:DateTime64(3)}
        GROUP BY stream
    ),
    homes AS
    (
        SELECT function, version, uniqExact(environment) AS under_dayfly, max(time) AS last_home, groupUniqArray(stream) AS home_streams
        FROM environments
        WHERE time >= {start:DateTime64(3)} - INTERVAL 7 DAY AND time < {now:DateTime64(3)}
        GROUP BY function, version
    ),
    versions AS
    (
        SELECT function, sum(under_dayfly) AS under_dayfly_ever
        FROM homes
        GROUP BY function
    ),
    per_stream AS
    (
        SELECT s.account AS account, s.region AS region, s.function AS function, s.version AS version, s.stream AS stream,
            t.lines AS lines, has(h.home_streams, s.stream) AS is_home, any(h.under_dayfly) AS under_dayfly,
            any(v.under_dayfly_ever) AS under_dayfly_ever,
            countIf(s.at > t.last_line + INTERVAL 1 MINUTE) AS after_last, count() AS requests,
            minIf(s.at, s.at > t.last_line + INTERVAL 1 MINUTE) AS silent_since, min(s.at) AS first_at, max(s.at) AS last_at,
            groupArrayIf(10)(s.request_id, s.at > t.last_line + INTERVAL 1 MINUTE) AS some_requests
        FROM started AS s
        GLOBAL LEFT JOIN told AS t ON t.told_stream = s.stream
        GLOBAL LEFT JOIN homes AS h ON h.function = s.function AND h.version = s.version
        GLOBAL LEFT JOIN versions AS v ON v.function = s.function
        GROUP BY account, region, function, version, stream, lines, is_home
    ),
    judged AS
    (
        SELECT *,
            multiIf(
                lines > 0 AND after_last > 0, 'silent',
                lines = 0 AND NOT is_home AND under_dayfly > 0, 'bare',
                lines = 0 AND NOT is_home AND under_dayfly = 0 AND under_dayfly_ever > 0, 'new version',
                '') AS case
        FROM per_stream
    )
SELECT
    concat(function, ' ', version, ' ', case) AS subject_key,
    toStartOfHour(min(if(case = 'silent', silent_since, first_at))) AS episode,
    account, region, [toString(function)] AS functions, CAST([], 'Array(UInt64)') AS environments, uniqExact(stream) AS environments_all,
    CAST([], 'Array(UInt64)') AS sources, arraySlice(groupArrayArray(100)(some_requests), 1, 100) AS request_ids,
    sum(if(case = 'silent', after_last, requests)) AS events,
    min(if(case = 'silent', silent_since, first_at)) AS first_time, max(last_at) AS last_time,
    toUInt8(multiIf(case = 'silent', 4, case = 'bare', 4, 3)) AS severity,
    [
        concat(toString(events), ' requests without a Dayfly record in ', toString(uniqExact(stream)), ' environments'),
        multiIf(
            case = 'silent', 'these environments sent Dayfly records before, and their Lambda records still arrive',
            case = 'bare', 'other environments of the same version run with Dayfly',
            'the previous version ran with Dayfly; this one was deployed without it')
    ] AS reasons,
    toJSONString(CAST(
        tuple(toString(function), toString(version), events, uniqExact(stream),
            multiIf(
                case = 'silent', 'These environments sent Dayfly records before and stopped; their Lambda records still arrive.',
                case = 'bare', 'Other environments of the same version run with Dayfly; these do not.',
                'The previous version ran with Dayfly; this one was deployed without it.'),
            groupUniqArray(100)(stream)),
        'Tuple(function String, version String, unseen UInt64, streams UInt64, judgement String, stream_list Array(UInt64))'
    )) AS facts
FROM judged
WHERE case != ''
GROUP BY account, region, function, version, case
HAVING events >= {min_requests:UInt32}
