-- Invocations of {function} after {since} in environments that had started before {ordered}: there must be none.
-- Dayfly's lines say an environment's age; Lambda's own lines of functions without Dayfly say when a stream began.
WITH
    after AS
    (
        SELECT
            1 AS ours,
            leftPad(lower(hex(environment)), 16, '0') AS who,
            time,
            toUnixTimestamp64Milli(time) - age_ms < toUnixTimestamp64Milli({ordered:DateTime64(3)}) AS is_old
        FROM invocations
        WHERE function = {function:String} AND account LIKE {account:String} AND time > {since:DateTime64(3)}
        UNION ALL
        SELECT
            0 AS ours,
            leftPad(lower(hex(p.stream)), 16, '0') AS who,
            p.time AS time,
            p.stream GLOBAL IN
            (
                SELECT stream
                FROM platform
                WHERE function = {function:String} AND account LIKE {account:String} AND kind IN ('init', 'start')
                    AND time > {since:DateTime64(3)} - INTERVAL 14 DAY
                GROUP BY stream
                HAVING min(time) < {ordered:DateTime64(3)}
            ) AS is_old
        FROM platform AS p
        WHERE p.kind = 'start' AND p.function = {function:String} AND p.account LIKE {account:String}
            AND p.time > {since:DateTime64(3)}
    )
SELECT
    -- One invocation of a function under Dayfly is a line of each kind.
    greatest(countIf(is_old AND ours), countIf(is_old AND NOT ours)) AS old,
    greatest(countIf(ours), countIf(NOT ours)) AS all,
    arraySort(groupUniqArrayIf(20)(who, is_old)) AS environments,
    greatest(uniqExactIf(who, ours AND NOT is_old), uniqExactIf(who, NOT ours AND NOT is_old)) AS fresh,
    max(time) AS latest
FROM after
