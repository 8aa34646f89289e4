SELECT * EXCEPT (time, ingested, request_id), toFloat64(time) AS time, toString(request_id) AS request_id
FROM invocations
WHERE environment IN {environments:Array(UInt64)}
ORDER BY environment, time, sequence
