-- One page of the exposed requests, in the order of their environments and numbers.
SELECT
    milliseconds, account, region, function, version, environment, worker, invocation, request_id, trigger, route, source,
    principal, subject, outcome, status, known_by, isolation, log_group, log_stream, exposure, why,
    origin.4 AS source_request, origin.1 AS invocation_of_source
FROM (@exposed)
WHERE (exposure != 1 OR {with_unlikely:UInt8} = 1)
    AND (environment, invocation, milliseconds, request_id) >
        ({after_environment:UInt64}, {after_invocation:UInt32}, {after_milliseconds:Int64}, {after_request:UUID})
ORDER BY environment, invocation, milliseconds, request_id
LIMIT {many:UInt32}
