SELECT uid FROM (SELECT uid FROM detections FINAL ORDER BY severity DESC, uid LIMIT 2)
UNION ALL
SELECT uid FROM (SELECT uid FROM findings FINAL ORDER BY severity DESC, time DESC, uid LIMIT 1)
