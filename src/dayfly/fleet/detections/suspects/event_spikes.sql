-- Five minutes in which events, not callers, invoke a function far more often than in the two hours before.
WITH slots AS
(
    SELECT function_key, any(function) AS function, slot, sum(requests) AS requests_slot
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalHour(4) AND slot < {now:DateTime64(3)}
        AND trigger NOT IN ('rest-api', 'http-api', 'function-url', 'alb', 'websocket', 'authorizer', 'cognito', 'lex', 'schedule', 'api')
    GROUP BY function_key, slot
)
SELECT cityHash64(function_key, slot) AS suspect, function
FROM
(
    SELECT
        *,
        -- Three quarters of the slots before: a backlog a while ago hides nothing.
        quantile(0.75)(requests_slot) OVER earlier AS usual,
        count() OVER earlier AS slots_before
    FROM slots
    WINDOW earlier AS (
        PARTITION BY function_key ORDER BY toUnixTimestamp(slot) RANGE BETWEEN 9000 PRECEDING AND 1800 PRECEDING
    )
)
WHERE slot >= toStartOfFiveMinutes({start:DateTime64(3)}) AND requests_slot >= {min_rounds:UInt32} / 3
    -- A loop that is `min_share` of a slot is more than chance makes of the usual number.
    AND (slots_before = 0 OR requests_slot >= usual / (1 - {min_share:Float64}) AND requests_slot >= usual + 3 * sqrt(usual))
ORDER BY slots_before = 0 DESC, requests_slot / greatest(usual, 1) DESC
LIMIT 1000
