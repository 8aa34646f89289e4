-- Five minutes in which events, not callers, invoke a function far more often than in most others.
WITH slots AS
(
    SELECT account, region, function, slot, sum(requests) AS requests_slot
    FROM routes
    WHERE slot >= toStartOfHour({start:DateTime64(3)}) - toIntervalDay(1) AND slot < {now:DateTime64(3)}
        AND trigger NOT IN ('api', 'function-url', 'schedule')
    GROUP BY account, region, function, slot
)
SELECT cityHash64(account, region, function, slot) AS suspect
FROM
(
    SELECT *, quantile(0.5)(requests_slot) OVER (PARTITION BY account, region, function) AS usual, count() OVER (PARTITION BY account, region, function) AS slots_all
    FROM slots
)
WHERE slot >= toStartOfFiveMinutes({start:DateTime64(3)}) AND requests_slot >= {min_rounds:UInt32} / 4
    AND (requests_slot >= 1.5 * usual OR slots_all < 12)
ORDER BY slots_all < 12 DESC, requests_slot / greatest(usual, 1) DESC
LIMIT 1000
