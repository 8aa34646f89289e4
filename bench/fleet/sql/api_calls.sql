-- What CloudTrail tells of the functions' roles: every environment uses its own credentials, from the account's own addresses.
INSERT INTO api_calls
(time, ingested, account, region, event_id, function, role, access_key, event_source, event_name, source_ip, user_agent, error_code)
SELECT
    time + toIntervalMillisecond(20), ingested + toIntervalMinute(6), account, region, reinterpretAsUUID(sipHash128('call', request_id)),
    function, concat(function, '-role'), sipHash64('key', environment, intDiv(age_ms, 6 * 3600000)),
    arrayElement(['dynamodb.amazonaws.com', 's3.amazonaws.com', 'sqs.amazonaws.com', 'kms.amazonaws.com'], cityHash64(function) % 4 + 1),
    arrayElement(['GetItem', 'GetObject', 'SendMessage', 'Decrypt'], cityHash64(function) % 4 + 1),
    concat('52.', toString(cityHash64(region) % 200), '.', toString(cityHash64(account, region) % 250), '.',
        toString(cityHash64(environment) % 8)),
    'Boto3/1.40.0 md/Botocore#1.40.0 exec-env/AWS_Lambda_python3.13',
    if(cityHash64('denied', request_id) % 300 = 0, 'AccessDenied', '')
FROM invocations
WHERE cityHash64('call', request_id) % 50 = 0 AND time >= {begin:DateTime64(3)} AND time < {end:DateTime64(3)}
