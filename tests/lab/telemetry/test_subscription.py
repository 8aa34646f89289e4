"""A subscription is taken as documented, and everything that is wrong with it is told at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.lab.telemetry.listening import HTTP, PORT, TCP, request

from dayfly.lab.telemetry.subscription import (
    Api,
    Buffering,
    SubscriptionRefusedError,
    parse_subscription,
)


def _refusal(value: object, api: Api = "telemetry") -> str:
    with pytest.raises(SubscriptionRefusedError) as refusal:
        parse_subscription(api, value if isinstance(value, bytes) else json.dumps(value).encode())
    return refusal.value.message


def _uri(uri: object) -> dict[str, Any]:
    return request(destination={"protocol": "HTTP", "URI": uri})


HOST = "http://sandbox.localdomain"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", "request body is not valid JSON"),
        (b"[" * 100_000, "request body is not valid JSON"),
        ([], "request body is not a JSON object"),
        (request(schemaVersion=None), "schemaVersion is not provided"),
        (
            request(schemaVersion="2021-03-18"),
            "schemaVersion should be one of 2022-07-01, 2022-12-13, 2025-01-29",
        ),
        (request(types=[]), "types should not be empty"),
        (request(types="platform"), "types should not be empty"),
        (request(types=["platform", "all"]), "types should be among platform, function, extension"),
        (request(types=[["platform"]]), "types should be among platform, function, extension"),
        (request(destination=None), "destination protocol should be HTTP or TCP"),
        (request(destination={"protocol": "UDP"}), "destination protocol should be HTTP or TCP"),
        (request(destination={"protocol": "TCP"}), "port is not provided"),
        (request(destination={"protocol": "TCP", "port": "80"}), "port is not provided"),
        (request(destination={"protocol": "TCP", "port": True}), "port is not provided"),
        (request(destination={"protocol": "TCP", "port": 0}), "port should be from 1 to 65535"),
        (request(destination={"protocol": "TCP", "port": 9001}), "port 9001 is reserved"),
        (_uri(""), "URI is not provided"),
        (_uri(7), "URI is not provided"),
        (_uri(f"{HOST}:99999"), "URI is not valid"),
        (_uri(f"{HOST}/logs"), "URI port is not provided"),
        (_uri(f"{HOST}:9001"), "port 9001 is reserved"),
        (_uri("https://sandbox.localdomain:80"), "URI scheme should be http"),
        (_uri("http://example.com:80"), "URI host should be sandbox.localdomain"),
        (_uri("http://127.0.0.1:80"), "URI host should be sandbox.localdomain"),
        (_uri("http://sandbox.localdomain@127.0.0.1:80"), "URI host should be sandbox.localdomain"),
        (_uri(f"{HOST}:80/a b"), "URI path is not valid"),
        (_uri(f"{HOST}:80/ü"), "URI path is not valid"),
        (request(buffering=[]), "buffering should be an object"),
        (request(buffering={"maxItems": 999}), "buffering.maxItems should be from 1000 to 10000"),
        (request(buffering={"maxBytes": 1048577}), "buffering.maxBytes should be from 262144 to 1048576"),
        (request(buffering={"timeoutMs": 24}), "buffering.timeoutMs should be from 25 to 30000"),
        (request(buffering={"timeoutMs": 25.0}), "buffering.timeoutMs should be from 25 to 30000"),
        (_uri(HOST) | {"types": []}, "URI port is not provided; types should not be empty"),
    ],
)
def test_what_is_wrong_is_told(value: object, message: str) -> None:
    assert _refusal(value) == message


def test_what_is_left_out_is_as_documented() -> None:
    plain = {key: value for key, value in request().items() if key != "buffering"}
    body = json.dumps(plain).encode()
    assert parse_subscription("telemetry", body).buffering == Buffering(1000, 262_144, 1000)
    del plain["schemaVersion"]
    logs = parse_subscription("logs", json.dumps(plain).encode())
    assert logs.schema_version == "2020-08-15"
    assert logs.buffering == Buffering(10_000, 262_144, 1000)


def test_destinations_are_read() -> None:
    http = parse_subscription("telemetry", json.dumps(request(destination=HTTP)).encode())
    assert (http.protocol, http.port, http.path) == ("HTTP", PORT, "/told")
    tcp = parse_subscription("telemetry", json.dumps(request(destination=TCP)).encode())
    assert (tcp.protocol, tcp.port) == ("TCP", PORT)
    assert http.method == "POST"
    queried = parse_subscription("telemetry", json.dumps(_uri("http://sandbox:80?a=1")).encode())
    assert (queried.port, queried.path) == (80, "/?a=1")


def test_the_logs_api_alone_lets_the_subscriber_choose_the_method() -> None:
    put = json.dumps(request(schemaVersion="2021-03-18", destination=HTTP | {"method": "PUT"})).encode()
    assert parse_subscription("logs", put).method == "PUT"
    telemetry = json.dumps(request(destination=HTTP | {"method": "PUT"})).encode()
    assert parse_subscription("telemetry", telemetry).method == "POST"
    wrong = request(schemaVersion="2021-03-18", destination=HTTP | {"method": "GET"})
    assert _refusal(wrong, "logs") == "destination method should be PUT or POST"
