-- How often each rule rang on each of the last {days} days before {end}.
SELECT rule, toUInt16(dateDiff('day', toDate(first_time), toDate({end:DateTime64(3)}))) AS days_ago, uniqExact(uid) AS alarms
FROM detections
WHERE first_time <= {end:DateTime64(3)} AND toDate(first_time) > toDate({end:DateTime64(3)}) - {days:UInt16}
GROUP BY rule, days_ago
ORDER BY rule, days_ago
