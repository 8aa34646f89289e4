-- rule: scraping
-- title: Scraping by a new caller
-- severity: medium
-- technique: T1119, T1595
-- every: 300
-- lookback: 10800
-- gap: 21600
-- story: A new caller (source {source:hash}) requested {subjects} different things from {functions} in
--   {seconds:duration}, with {per_subject} requests for each, and nearly all succeeded. {environments} environments
--   served them, about {per_environment} requests each.
-- do: If the caller is not allowed to do this, set a rate limit per caller in API Gateway, require an API key, and
--   require sign-in for valuable data. If it is allowed (a search engine, a partner), mute this caller.
-- explain: Someone copies everything we publish, at a steady rate, and each environment sees only a small part.
-- sees: a caller new to the fleet, with one principal (then the threshold is twice as high and severity one level
--   lower) or none, that requests `min_subjects` different things within one hour, almost none of them twice, mostly
--   with success.
-- misses: callers that are not new, copies of fewer things an hour, and the first `learned` seconds of the fleet's
--   history. Several new callers with one pattern are reported separately.
-- suspects: busy_callers
-- evidence: requests_of_caller
-- param_learned: 28800 (UInt32) seconds that the fleet must be observed before a caller counts as new
-- param_min_subjects: 150 (UInt32) different things requested within one hour
-- param_most_principals: 2 (UInt32) principals; more is an address shared by several users
-- param_most_repeats: 1.5 (Float64) requests per thing; more is normal use
-- param_most_failed: 0.4 (Float64) share of failures; more is enumeration
WITH
    known AS
    (
        SELECT
            account, region, function, source, hour, sum(requests) AS asked, sum(failed) AS failures, min(first) AS begin,
            max(last) AS end, uniqCombinedMerge(12)(subjects) AS things, uniqCombinedMerge(12)(principals) AS people,
            uniqCombinedMerge(12)(environments) AS places
        FROM callers
        WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {now:DateTime64(3)}
            AND source IN {suspects:Array(UInt64)}
        GROUP BY account, region, function, source, hour
        HAVING asked >= {min_subjects:UInt32}
            AND things >= {min_subjects:UInt32} AND people <= {most_principals:UInt32}
            AND asked <= {most_repeats:Float64} * things AND failures <= {most_failed:Float64} * asked
    ),
    found AS
    (
        SELECT
            source, any(account) AS account, any(region) AS region, groupUniqArray(100)(function) AS functions,
            min(begin) AS first_time, max(end) AS last_time, sum(asked) AS requests, sum(things) AS subjects,
            max(places) AS most_places, max(things) AS most_things, sum(failures) AS failures
        FROM known
        GROUP BY source
    ),
    served AS
    (
        SELECT
            source, groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all,
            groupUniqArray(100)(request_id) AS request_ids, countIf(principal = 0 AND status < 400) = 0 AS is_signed_in
        FROM invocations
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
            AND source IN {suspects:Array(UInt64)}
        GROUP BY source
    )
SELECT
    hex(source) AS subject_key,
    toStartOfHour(first_time) AS episode,
    account, region, functions, environments, environments_all, [source] AS sources, request_ids,
    requests AS events, first_time, last_time,
    toUInt8(if(subjects >= 20 * {min_subjects:UInt32}, 4, 3) - is_signed_in) AS severity,
    arrayFilter(reason -> reason != '', [
        'the caller is new to the fleet',
        concat(toString(most_things), ' different things within one hour'),
        concat(toString(round(requests / subjects, 2)), ' requests for each'),
        if(is_signed_in, 'the caller is signed in', '')
    ]) AS reasons,
    toJSONString(CAST(
        tuple(source, subjects, round(requests / subjects, 1), round(requests / environments_all, 1)),
        'Tuple(source UInt64, subjects UInt64, per_subject Float64, per_environment Float64)'
    )) AS facts
FROM found
INNER JOIN served USING (source)
-- A customer who begins the day with a look at everything that is new is no news: somebody signed in must take twice as much.
WHERE NOT (is_signed_in AND most_things < 2 * {min_subjects:UInt32})
