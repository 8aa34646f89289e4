WITH
    events AS
    (
@Events
    ),
    -- Each event with what the time span before it holds, both its ends included.
    counted AS
    (
        SELECT *, @Aggregate OVER (PARTITION BY group_key ORDER BY ms
            RANGE BETWEEN {timespan_ms:Int64} PRECEDING AND CURRENT ROW) AS reached
        FROM events
    ),
    hits AS
    (
        SELECT group_key, ms, reached,
            lagInFrame(ms, 1, ms) OVER (PARTITION BY group_key ORDER BY ms ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM counted
        WHERE reached @Holds
    ),
@Sessions
