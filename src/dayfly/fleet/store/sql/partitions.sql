-- What there is of each day or month, by table.
SELECT table, partition, partition_id, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE database = {database:String} AND active
GROUP BY table, partition, partition_id
ORDER BY table, partition
