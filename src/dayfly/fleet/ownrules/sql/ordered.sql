WITH
    events AS
    (
@Events
    ),
    -- How late a chain of the rules so far may have begun at the latest: the latest start is the shortest chain.
@Chain
    hits AS
    (
        SELECT group_key, ms, toUInt64(@Rules) AS reached,
            lagInFrame(ms, 1, ms) OVER (PARTITION BY group_key ORDER BY ms ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM @Last
        WHERE rule_number = @Rules AND begun > 0 AND ms - begun <= {timespan_ms:Int64}
    ),
@Sessions
