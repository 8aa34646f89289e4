SELECT
    * EXCEPT (time, ingested, request_id, patient_zero),
    toFloat64(time) AS time, toString(request_id) AS request_id, toString(patient_zero) AS patient_zero
FROM findings
WHERE environment IN {environments:Array(UInt64)}
