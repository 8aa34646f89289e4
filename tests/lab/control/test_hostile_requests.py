"""Requests that no client sends are refused with a reason; none is a fault of the lab, none repeats a value."""

from __future__ import annotations

import asyncio
import http.client
import json

from tests.lab.control.served import served
from tests.lab.running import run

_FUNCTIONS = "/2015-03-31/functions"
_CONFIGURATION = f"{_FUNCTIONS}/f/configuration"
_TAGS = "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:f"
_MAPPINGS = "/2015-03-31/event-source-mappings"
_QUEUE = b"arn:aws:sqs:us-east-1:000000000000:q"
_REQUESTS: list[tuple[str, str, bytes]] = [
    ("POST", _FUNCTIONS, b"\xff\xfe"),
    ("POST", _FUNCTIONS, b"[]"),
    ("POST", _FUNCTIONS, b"null"),
    ("POST", _FUNCTIONS, b"[" * 100_000),
    ("POST", _FUNCTIONS, b'{"a":' * 100_000),
    ("PUT", _CONFIGURATION, b'{"Description":"\\ud800"}'),
    ("PUT", _CONFIGURATION, b'{"Timeout":' + b"9" * 400 + b"}"),
    ("PUT", _CONFIGURATION, b'{"MemorySize":-' + b"9" * 400 + b"}"),
    ("PUT", _CONFIGURATION, b'{"Timeout":1e9}'),
    ("PUT", _CONFIGURATION, b'{"Environment":{"Variables":{"AB":"s3cr3t\\u0000"}}}'),
    ("PUT", _CONFIGURATION, b'{"Environment":{"Variables":{"A B":"s3cr3t"}}}'),
    ("PUT", _CONFIGURATION, b'{"Environment":{"Variables":{"AB":["s3cr3t"]}}}'),
    ("PUT", _CONFIGURATION, b'{"Handler":"a\\nb"}'),
    ("PUT", _CONFIGURATION, b'{"Layers":[""]}'),
    ("GET", f"{_FUNCTIONS}/f%00/configuration", b""),
    ("GET", f"{_FUNCTIONS}/%2e%2e/configuration", b""),
    ("GET", f"{_FUNCTIONS}/f?Qualifier=%F0%9F%98%80", b""),
    ("GET", f"{_FUNCTIONS}?MaxItems=%D9%A1", b""),
    ("POST", "/2018-10-31/layers/..%2Fx/versions", b"{}"),
    ("GET", "/lab/layers/..%2F../1", b""),
    ("GET", "/lab/layers/l/../../etc", b""),
    ("DELETE", "/2018-10-31/layers/l/versions/" + "9" * 5000, b""),
    ("PUT", "/2017-10-31/functions/f/concurrency", b'{"ReservedConcurrentExecutions":-1}'),
    ("PUT", "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1", b"{}"),
    ("POST", _TAGS, b'{"Tags":{"a":1}}'),
    ("DELETE", _TAGS, b""),
    ("POST", f"{_FUNCTIONS}/f/versions", b'{"Description":5}'),
    ("POST", f"{_FUNCTIONS}/f/aliases", b'{"Name":"x","FunctionVersion":"$LATEST","RoutingConfig":5}'),
    ("PUT", _CONFIGURATION, b'{"LoggingConfig":{"LogFormat":5}}'),
    ("PUT", _CONFIGURATION, b'{"EphemeralStorage":{"Size":1e300}}'),
    ("PUT", _CONFIGURATION, b'{"VpcConfig":{"SubnetIds":["s"],"More":1}}'),
    ("PUT", _CONFIGURATION, b'{"KMSKeyArn":"no key"}'),
    ("PUT", f"{_FUNCTIONS}/f/code", b'{"ZipFile":"AAAA","S3Bucket":"b","S3Key":"k"}'),
    ("PUT", f"{_FUNCTIONS}/f/code", b'{"S3Bucket":"b"}'),
    ("PUT", f"{_FUNCTIONS}/f/code", b'{"ImageUri":"i"}'),
    ("GET", "/lab/code/..%2F..%2Fetc", b""),
    ("GET", "/lab/code/" + "a" * 5000, b""),
    ("POST", f"{_FUNCTIONS}/f/policy", b'{"StatementId":"\\ud800","Action":"*","Principal":"*"}'),
    ("DELETE", f"{_FUNCTIONS}/f/policy/%00", b""),
    ("POST", "/2020-04-22/code-signing-configs", b'{"AllowedPublishers":{"SigningProfileVersionArns":[]}}'),
    ("GET", "/2020-04-22/code-signing-configs/arn%3Ax", b""),
    ("PUT", "/2020-06-30/functions/f/code-signing-config", b'{"CodeSigningConfigArn":"x"}'),
    ("PUT", "/2021-07-20/functions/f/runtime-management-config", b'{"UpdateRuntimeOn":"Manual"}'),
    ("PUT", "/2024-08-31/functions/f/recursion-config", b'{"RecursiveLoop":"Perhaps"}'),
    ("POST", _MAPPINGS, b'{"FunctionName":"f","EventSourceArn":"arn:aws:sqs"}'),
    ("POST", _MAPPINGS, b'{"FunctionName":"f","EventSourceArn":"' + _QUEUE + b'","BatchSize":1e99}'),
    ("POST", _MAPPINGS, b'{"FunctionName":"f","EventSourceArn":"' + _QUEUE + b'","FilterCriteria":5}'),
    ("PUT", f"{_MAPPINGS}/x", b"{}"),
    ("POST", "/2014-11-13/functions/absent/invoke-async", b"{}"),
    ("POST", "/2014-11-13/functions/f/invoke-async", b"no json"),
    ("POST", "/", b"{}"),
    ("PATCH", f"{_FUNCTIONS}/f", b""),
    ("GET", "/nope", b""),
]


def test_what_no_client_sends_is_refused_and_the_function_serves_on() -> None:
    async def scenario() -> None:
        async with served(environment={"AB": "s3cr3t"}) as (running, client):
            await asyncio.to_thread(_send_all, client.meta.endpoint_url.removeprefix("http://"))
            assert (await running.call()).function_error is None

    run(scenario())


def _send_all(host: str) -> None:
    for method, path, body in _REQUESTS:
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request(method, path, body)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        assert 400 <= answer.status < 500, (method, path, body[:60], answer.status)
        assert any(json.loads(said).get(member) for member in ("message", "Message"))
        assert b"s3cr3t" not in said
