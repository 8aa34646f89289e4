SELECT p.table AS table, count() AS parts, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, round(bytes / rows, 1) AS bytes_a_row
FROM system.parts AS p
WHERE p.active AND p.database = currentDatabase() AND p.rows > 0
GROUP BY p.table
ORDER BY bytes DESC
