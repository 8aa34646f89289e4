"""Requests are looked at where clients read them, whatever stands in between: a path, a host, a statement, a command."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace

import pytest
from tests.runtime.guard.guards import serving, told

from dayfly.runtime.guard import clients
from dayfly.runtime.guard.drivers import WRAPPED
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.refusal import Refused

EVIL = "x' OR '1'='1"
BREAKS = 'x", "Effect": "Allow'
LINES = "order\nBcc: victim@evil.example"
CONDITION = {"ComparisonOperator": "NE", "AttributeValueList": [{"N": "0"}]}
OWN = (
    "https://api.example.com/users/",
    "/users/",
    "/profile",
    "SELECT * FROM items WHERE id = '",
    "'",
    "SET ",
    " = ",
    "ls ",
)
EVENT = {
    "up": "../admin",
    "more": "7?admin=1",
    "id": "42",
    "name": "O'Neill",
    "url": "https://x.example/a",
    "evil": EVIL,
    "cmd": "; id",
    "next": " REMOVE role",
    "lines": LINES,
    "role": "x",
    "breaks": BREAKS,
}


@pytest.fixture
def guard() -> Guard:
    return serving({**EVENT, "age": CONDITION}, own=OWN)


def client_of(name: str, source: str) -> ModuleType:
    """A client's module that reads a URL as the real one does."""
    module = ModuleType(name)
    exec(source, vars(module))
    return module


URLLIB3 = "def parse_url(url): return url\ndef get(url): return parse_url(url)\n"
HTTPX = "def urlparse(url='', **kwargs): return url\ndef get(url): return urlparse(url)\n"


@pytest.mark.parametrize(
    ("wrapped", "name", "source"),
    [("urllib3.util.url", "urllib3.util.url", URLLIB3), ("httpx._urlparse", "httpx._urlparse", HTTPX)],
)
def test_a_client_reads_no_url_that_the_event_has_changed(
    wrapped: str, name: str, source: str, guard: Guard
) -> None:
    module = client_of(name, source)
    WRAPPED[wrapped](module, guard)
    base = "https://api.example.com/users/"
    for url in (base + EVENT["up"], base + EVENT["more"], EVENT["url"]):
        with pytest.raises(Refused):
            module.get(url)
    assert module.get(base + EVENT["id"]) == base + "42"


def test_lines_are_values_where_the_client_quotes_them_alone() -> None:
    url = OWN[0] + LINES
    quoting, plain = client_of("urllib3.util.url", URLLIB3), client_of("httpx._urlparse", HTTPX)
    for wrapped, module in (("urllib3.util.url", quoting), ("httpx._urlparse", plain)):
        WRAPPED[wrapped](module, serving(EVENT, own=OWN))
    assert quoting.get(url) == url
    with pytest.raises(Refused):
        plain.get(url)
    # The function's own reading of a URL is no request.
    read = module.parse_url if wrapped.startswith("urllib3") else module.urlparse
    assert read(EVENT["url"]) == EVENT["url"]


def test_what_a_clients_base_and_a_path_come_to_is_asked_about(guard: Guard) -> None:
    source = "def urlparse(url='', **kwargs): return kwargs\ndef get(path): return urlparse('', scheme='https', authority='api.example.com', raw_path=path)\n"
    module = client_of("httpx._urlparse", source)
    WRAPPED["httpx._urlparse"](module, guard)
    assert module.get(b"/users/42")["raw_path"] == b"/users/42"
    with pytest.raises(Refused):
        module.get(b"/users/../admin")


def test_where_a_redirect_leads_is_asked_about(guard: Guard) -> None:
    class HTTPAdapter:
        def send(self, request: SimpleNamespace, **_options: object) -> str:
            return str(request.url)

    module = ModuleType("requests.adapters")
    module.HTTPAdapter = HTTPAdapter  # type: ignore[attr-defined]
    WRAPPED["requests.adapters"](module, guard)
    with pytest.raises(Refused):
        HTTPAdapter().send(SimpleNamespace(url="https://x.example/b"))
    # What of the path is the event's was asked about when it was read.
    url = "https://api.example.com/users/../admin"
    assert HTTPAdapter().send(SimpleNamespace(url=url)) == url


def test_a_request_written_by_the_function_itself_is_asked_about(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "putrequest", http.client.HTTPConnection.putrequest)
    WRAPPED["http.client"](http.client, guard)
    connection = http.client.HTTPConnection("127.0.0.1")
    with pytest.raises(Refused):
        connection.putrequest("GET", "/users/" + EVENT["up"])
    connection.putrequest("GET", "/users/" + EVENT["id"])


def test_what_is_written_by_hand_is_looked_at() -> None:
    class Socket:
        def sendall(self, data: bytes) -> int:
            return len(data)

        send = sendall

    guard = serving({"tenant": "a\r\nX-Admin: 1"})
    module = SimpleNamespace(socket=type("socket", (Socket,), {}))
    WRAPPED["socket"](module, guard)  # type: ignore[arg-type]
    assert module.socket().sendall(b"GET / HTTP/1.1\r\nX: a\r\n\r\n") == 24
    for name in ("send", "sendall"):
        with pytest.raises(Refused):
            getattr(module.socket(), name)(b"GET / HTTP/1.1\r\nX: a\r\nX-Admin: 1\r\n\r\n")
        # Another protocol's lines, and what ends in none: a text.
        with pytest.raises(Refused):
            getattr(module.socket(), name)(b"SET seen:a\r\nX-Admin: 1 1\r\n")
        assert getattr(module.socket(), name)(b"said: a\r\nX-Admin: 1")


REQUESTS: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("dynamodb", {"Statement": f"SELECT * FROM items WHERE id = '{EVIL}'"}, {"Statement": "SELECT * FROM items WHERE id = '42'"}),
    (
        "dynamodb",
        {"Statements": [{"Statement": f"SELECT * FROM items WHERE id = '{EVIL}'"}]},
        {"Statements": [{"Statement": "SELECT * FROM items WHERE id = '42'"}]},
    ),
    ("dynamodb", {"UpdateExpression": "SET #id = :id REMOVE role"}, {"UpdateExpression": "SET #id = :id", "TableName": EVIL}),
    ("dynamodb", {"ScanFilter": {"age": CONDITION}}, {"ScanFilter": {"age": {"AttributeValueList": [{"N": "42"}]}}}),
    ("athena", {"QueryString": f"SELECT * FROM items WHERE id = '{EVIL}'"}, {"QueryString": "SELECT * FROM items WHERE id = '42'"}),
    ("redshift-data", {"Sqls": [f"SELECT * FROM items WHERE id = '{EVIL}'"]}, {"Sqls": []}),
    ("ssm", {"Parameters": {"commands": ["ls ; id"]}}, {"Parameters": {"commands": ["ls 42"]}}),
    ("ssm", {"Parameters": {"commands": ["ls O'Neill", "run 'it"]}}, {}),
    ("ses", {"RawMessage": {"Data": f"Subject: {LINES}\n\nhello"}}, {"RawMessage": {"Data": f"Subject: order\n\n{LINES}"}}),
    ("sesv2", {"Content": {"Raw": {"Data": f"Subject: {LINES}\n\n".encode()}}}, {"Content": {"Simple": {"Body": LINES}}}),
    ("cognito-idp", {"Filter": f'email = "{BREAKS}"'}, {"Filter": 'email = "42"'}),
    ("logs", {"queryString": f'filter user = "{BREAKS}" | limit 5'}, {"queryString": 'filter user = "42" | limit 5'}),
    ("logs", {}, {"queryString": BREAKS, "filterPattern": EVIL}),
    ("sns", {}, {"Message": EVIL}),
    ("sns", {}, {"Message": f'[INFO] Ann said "{BREAKS}"'}),
    ("iam", {"PolicyDocument": f'{{"Resource": "a/{BREAKS}"}}'}, {"PolicyDocument": json.dumps({"Resource": BREAKS})}),
    ("events", {"Entries": [{"Detail": f'{{"a": "{BREAKS}"}}'}]}, {"Entries": [{"Detail": '{"a": "42"}'}]}),
]  # fmt: skip


def calls_of(service: str, guard: Guard) -> Callable[[str, dict[str, object]], str]:
    """The call of a client of AWS's under this guard."""

    class BaseClient:
        meta = SimpleNamespace(service_model=SimpleNamespace(service_name=service))

        def _make_api_call(self, _operation: str, _parameters: dict[str, object]) -> str:
            return "sent"

    module = ModuleType("botocore.client")
    module.BaseClient = BaseClient  # type: ignore[attr-defined]
    clients.WRAPPED["botocore.client"](module, guard)
    return BaseClient()._make_api_call


@pytest.mark.parametrize(("service", "refused", "allowed"), REQUESTS)
def test_a_service_of_aws_gets_no_statement_that_the_event_has_changed(
    service: str, refused: dict[str, object], allowed: dict[str, object], guard: Guard
) -> None:
    call = calls_of(service, guard)
    assert call("Act", allowed) == "sent"
    if refused:
        with pytest.raises(Refused):
            call("Act", refused)
    assert [verdict for verdict, _rule in told(guard)] == ["refused"] * bool(refused)


@pytest.mark.parametrize(
    ("service", "given"),
    [
        ("ssm", lambda name: {"Name": name}),
        ("ssm", lambda name: {"Names": ["/app/motto", name]}),
        ("s3", lambda name: {"Bucket": "b", "Key": name[1:]}),
        ("secretsmanager", lambda name: {"SecretId": name}),
    ],
)
def test_a_name_that_was_computed_of_a_path_stays_below_the_directory_that_the_function_names(
    service: str, given: Callable[[str], dict[str, object]]
) -> None:
    for name, is_refused in (("../private/key", True), ("x/../motto", False), ("motto", False)):
        guard = serving({"name": name}, own=("/app/public/",))
        path = os.path.normpath("/app/public/" + name)
        guard.computed_paths[path] = ("/app/public/" + name, "")
        with pytest.raises(Refused) if is_refused else nullcontext():
            assert calls_of(service, guard)("Get", given(path)) == "sent"
