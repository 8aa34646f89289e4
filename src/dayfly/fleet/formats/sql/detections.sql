-- Detections that were written or changed from {since} to {until}, each as it is now, oldest change first.
SELECT *
FROM
(
    SELECT *
    FROM detections
    WHERE updated >= {since:DateTime64(3)} AND updated < {until:DateTime64(3)}
    ORDER BY updated DESC
    LIMIT 1 BY uid
)
ORDER BY updated, uid
