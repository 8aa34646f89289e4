SELECT
    * EXCEPT (time, ingested, request_id, source_request),
    toFloat64(time) AS time, toString(request_id) AS request_id, toString(source_request) AS source_request
FROM findings
WHERE environment IN {environments:Array(UInt64)}
