-- Five minutes in which events, not callers, invoke a function far more often than in the two hours before.
WITH slots AS
(
    SELECT account, region, function, slot, sum(requests) AS requests_slot
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalHour(4) AND slot < {now:DateTime64(3)}
        AND trigger NOT IN ('rest-api', 'http-api', 'function-url', 'alb', 'websocket', 'authorizer', 'cognito', 'lex', 'schedule', 'api')
    GROUP BY account, region, function, slot
)
SELECT cityHash64(account, region, function, slot) AS suspect
FROM
(
    SELECT
        *,
        -- Three quarters of the slots before: a backlog a while ago hides nothing.
        quantile(0.75)(requests_slot) OVER earlier AS usual,
        count() OVER earlier AS slots_before
    FROM slots
    WINDOW earlier AS (
        PARTITION BY account, region, function ORDER BY toUnixTimestamp(slot) RANGE BETWEEN 9000 PRECEDING AND 1800 PRECEDING
    )
)
WHERE slot >= toStartOfFiveMinutes({start:DateTime64(3)}) AND requests_slot >= {min_rounds:UInt32} / 3
    AND (slots_before = 0 OR requests_slot >= usual / (1 - {min_share:Float64}))
ORDER BY slots_before = 0 DESC, requests_slot / greatest(usual, 1) DESC
LIMIT 1000
