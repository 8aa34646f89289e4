-- One finding of the runtime, by its uid; the same uid again is the same finding told again.
SELECT time, account, region, function, version, environment, stream, sequence, uid, kind, severity, technique, title, message,
    invocation, request_id, source_request, evidence, trust
FROM findings
WHERE uid = {uid:String}
ORDER BY time DESC
LIMIT 20
