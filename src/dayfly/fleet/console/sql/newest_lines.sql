-- The newest line of each kind, for a store that was filled without a collector.
SELECT greatest(
    (SELECT max(hours.last) FROM hours), (SELECT max(stream_hours.last) FROM stream_hours), (SELECT max(time) FROM environments)
) AS newest
