-- Findings of the runtime from {since} to {until} whose severity is at least {severity}, each once.
SELECT
    time, account, region, function, version, leftPad(lower(hex(environment)), 16, '0') AS environment, sequence, uid, kind, severity,
    technique, title, message, invocation, toString(request_id) AS request_id, toString(source_request) AS source_request, evidence, trust
FROM findings
WHERE time >= {since:DateTime64(3)} AND time < {until:DateTime64(3)} AND severity >= {severity:UInt8}
ORDER BY time, findings.environment, sequence, uid
LIMIT 1 BY findings.environment, time, sequence, uid
