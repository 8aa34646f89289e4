-- When anything came in at all, and the newest line ever.
SELECT max(received) AS last_received, max(batches.newest) AS newest, count() AS batches FROM batches
