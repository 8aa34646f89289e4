-- Invocations of {function} after {since} in environments that had started before {ordered}: there must be none.
-- Dayfly's lines say an environment's age; Lambda's own lines of functions without Dayfly say when a stream began.
WITH
    after AS
    (
        SELECT
            lower(hex(environment)) AS who,
            time,
            toUnixTimestamp64Milli(time) - age_ms < toUnixTimestamp64Milli({ordered:DateTime64(3)}) AS is_old
        FROM invocations
        WHERE function = {function:String} AND account = {account:String} AND time > {since:DateTime64(3)}
        UNION ALL
        SELECT
            lower(hex(p.stream)) AS who,
            p.time AS time,
            1 AS is_old
        FROM platform AS p
        WHERE p.kind = 'start' AND p.function = {function:String} AND p.account = {account:String}
            AND p.time > {since:DateTime64(3)}
            AND p.stream GLOBAL IN
            (
                SELECT stream
                FROM platform
                WHERE function = {function:String} AND account = {account:String} AND kind IN ('init', 'start')
                    AND time > {since:DateTime64(3)} - INTERVAL 14 DAY
                GROUP BY stream
                HAVING min(time) < {ordered:DateTime64(3)}
            )
    )
SELECT
    countIf(is_old) AS old,
    count() AS all,
    arraySort(groupUniqArrayIf(20)(who, is_old)) AS environments,
    uniqExactIf(who, NOT is_old) AS fresh,
    max(time) AS latest
FROM after
