-- Quarantined records in the time range, by reason and error.
SELECT reason, detail, count() AS lines, uniq(quarantine.function) AS functions, min(quarantine.function) AS function, max(received) AS last_received
FROM quarantine
WHERE received >= {start:DateTime64(3)} AND received < {end:DateTime64(3)}
GROUP BY reason, detail
ORDER BY reason = 'forged' DESC, lines DESC
LIMIT 30
