-- The newest of everything that a page shows: when it changes, pages that are open look again.
SELECT
    (SELECT max(updated) FROM detections) AS detections,
    (SELECT max(ingested) FROM findings) AS findings,
    (SELECT max(time) FROM triage) AS triage,
    (SELECT max(received) FROM batches) AS batches
