-- What an honest fleet's runtimes have to say: files left in /tmp, workers that took too long, work that was discarded.
INSERT INTO findings
(
    time, ingested, account, region, function, version, environment, stream, sequence, uid, kind, severity, technique, title,
    message, invocation, request_id, evidence, trust
)
SELECT
    time, ingested, account, region, function, version, environment, stream, sequence + 1,
    concat(leftPad(lower(hex(environment)), 16, '0'), ':', toString(invocation), ':', said.1),
    (arrayElement(
        [
            ('residue.file', 2, 'T1074.001', 'An invocation left files', 'files were removed from /tmp'),
            ('worker.work-discarded', 2, '', 'Work that was to go on after the answer was discarded', 'a thread was ended'),
            ('guard.unknown', 2, '', 'Code or a command came from neither the event nor the function', 'a template was compiled'),
            ('worker.not-delivered', 2, '', 'What a library had recorded was not sent in time', 'three spans were lost')
        ],
        cityHash64(function) % 4 + 1
    ) AS said).1,
    said.2, said.3, said.4, concat('Dayfly: ', said.5), invocation, request_id, '{"count":1}', trust
FROM invocations
WHERE cityHash64(request_id) % 4000 = 0 AND time >= {begin:DateTime64(3)} AND time < {end:DateTime64(3)}
