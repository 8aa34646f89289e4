"""The lab's Extensions API and metadata endpoint answer the same scripted client as AWS's emulator does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from tests.lab.differential.platforms import Emulator, Lab
from tests.lab.differential.script import BASE, NEXT, Script, record
from tests.lab.raw_http import RawAnswer, RawConnection
from tests.lab.running import needs_bubblewrap

from dayfly.lab.telemetry.metadata import PATH

_REGISTER = "/2020-01-01/extension/register"
_EVENT = "/2020-01-01/extension/event/next"
_ERRORS = {"init": "/2020-01-01/extension/init/error", "exit": "/2020-01-01/extension/exit/error"}
_ERROR_TYPE = "Lambda-Extension-Function-Error-Type: Extension.Oops"


def _named(name: str) -> str:
    return f"Lambda-Extension-Name: {name}"


def _identified(answer: RawAnswer) -> str:
    return f"Lambda-Extension-Identifier: {answer.header('lambda-extension-identifier')}"


def _respond(script: Script, runtime: RawConnection, answer: RawAnswer) -> None:
    request_id = answer.header("lambda-runtime-aws-request-id")
    script.note("response", runtime.request("POST", f"{BASE}/invocation/{request_id}/response", b"1"))


def registrations(script: Script) -> None:
    """Who may register, with what body, for what."""
    client = script.connect()
    first: Future[bytes] = script.platform.invoke(b"{}")
    bodies = {
        "no body": b"",
        "empty object": b"{}",
        "null": b"null",
        "null events": b'{"events":null}',
        "cut short": b'{"events":["INVOKE"',
        "no JSON": b"events",
        "no JSON at the end": b'{"events":[]}x',
        "a bad event": b'{"events":["INVOKE","STOP"]}',
        "an empty event": b'{"events":[""]}',
        "lower case": b'{"events":["invoke"]}',
        "shutdown": b'{"events":["INVOKE","SHUTDOWN"]}',
        "keys": b'{"events":[],"configurationKeys":["a"]}',
        "no keys": b'{"events":[],"configurationKeys":[]}',
        "twice the same": b'{"events":["INVOKE","INVOKE"]}',
        "unknown members": b'{"events":[],"more":1}',
        "capitals": b'{"Events":["INVOKE"]}',
        "capitals and a bad event": b'{"EVENTS":["STOP"]}',
        "a list": b"[]",
        "a string": b'"x"',
        "a number": b"1",
        "a truth": b"true",
        "events that are text": b'{"events":"INVOKE"}',
        "events that are an object": b'{"events":{}}',
        "an event that is a number": b'{"events":[1]}',
        "an event that is null": b'{"events":[null]}',
        "keys that are text": b'{"configurationKeys":"a"}',
        "a byte order mark": b"\xef\xbb\xbf{}",
        "another encoding": "{}".encode("utf-16"),
        "a bad byte": b"\xff",
        "an event that is a bad byte": b'{"events":["\xff"]}',
        "no number": b'{"a":NaN}',
        "a comma too many": b'{"events":["INVOKE"],}',
        "a comma too many in the list": b'{"events":["INVOKE",]}',
        "single quotes": b"{'events':[]}",
    }
    for number, (name, body) in enumerate(bodies.items()):
        script.note(f"register with {name}", client.request("POST", _REGISTER, body, _named(f"e{number}")))
    script.note("register without a name", client.request("POST", _REGISTER, b"{}"))
    script.note("register with an empty name", client.request("POST", _REGISTER, b"{}", _named("")))
    # The emulator has no account, and so leaves it out.
    feature = "Lambda-Extension-Accept-Feature: "
    wanted = {"known": "accountId", "several": "other, accountId", "unknown": "accountIds"}
    for name, value in wanted.items():
        answer = client.request("POST", _REGISTER, b"{}", _named(f"f-{name}"), feature + value)
        script.seen[f"status with a feature that is {name}"] = answer.status == 200
    for number in range(4):
        answer = client.request("POST", _REGISTER, b"{}", _named(f"more-{number}"))
        script.note(f"register number {number} of more", answer)
    script.note("register a name again", client.request("POST", _REGISTER, b"{}", _named("f-known")))
    del first


def polls(script: Script) -> None:
    """Who may ask for an event, and when."""
    runtime, client, other = script.connect(), script.connect(), script.connect()
    result = script.platform.invoke(b"{}")
    registered = script.note("register", client.request("POST", _REGISTER, b"{}", _named("idle")))
    me = _identified(registered)
    registered = client.request("POST", _REGISTER, b'{"events":["INVOKE"]}', _named("busy"))
    busy = _identified(registered)
    upper = busy.partition(": ")[2].upper()
    script.note("next without id", client.request("GET", _EVENT))
    script.note("next with empty id", client.request("GET", _EVENT, None, "Lambda-Extension-Identifier: "))
    script.note("next with bad id", client.request("GET", _EVENT, None, "Lambda-Extension-Identifier: zz"))
    unknown = f"Lambda-Extension-Identifier: {uuid.UUID(int=7)}"
    script.note("next with unknown id", client.request("GET", _EVENT, None, unknown))
    client.send_request("GET", _EVENT, None, me)
    script.seen["an idle extension's poll is kept"] = client.is_silent(0.2)
    script.note("a second poll", other.request("GET", _EVENT, None, me))
    polling = script.connect()
    polling.send_request("GET", _EVENT, None, f"Lambda-Extension-Identifier: {upper}")
    answer = script.note("next", runtime.request("GET", NEXT))
    script.seen["the event"] = b'"eventType":"INVOKE"' in polling.read().body
    late = script.note("register late", other.request("POST", _REGISTER, b"{}", _named("late")))
    assert late.status == 403
    wrong = other.request("POST", _REGISTER, b'{"events":["SHUTDOWN"]}', _named("late"))
    script.note("register late and wrong", wrong)
    _respond(script, runtime, answer)
    polling.send_request("GET", _EVENT, None, busy)
    script.payload("payload", result, runtime)
    script.seen["an idle extension is told nothing"] = client.is_silent(0.1)


def errors(script: Script) -> None:
    """Reports of errors: who may send which, and what holds afterwards."""
    client = script.connect()
    first: Future[bytes] = script.platform.invoke(b"{}")
    unknown = f"Lambda-Extension-Identifier: {uuid.UUID(int=7)}"
    for name, path in _ERRORS.items():
        script.note(f"{name} without id", client.request("POST", path, b"", _ERROR_TYPE))
        script.note(
            f"{name} with bad id",
            client.request("POST", path, b"", _ERROR_TYPE, "Lambda-Extension-Identifier: x"),
        )
        script.note(f"{name} with unknown id", client.request("POST", path, b"", _ERROR_TYPE, unknown))
        script.note(f"{name} with unknown id and no type", client.request("POST", path, b"", unknown))
        registered = client.request("POST", _REGISTER, b'{"events":["INVOKE"]}', _named(f"to-{name}"))
        me = _identified(registered)
        script.note(f"{name} without type", client.request("POST", path, b"", me))
        script.note(name, client.request("POST", path, b'{"errorMessage":"x"}', me, _ERROR_TYPE))
        script.note(f"{name} again", client.request("POST", path, b"", me, _ERROR_TYPE))
        other = _ERRORS["exit" if name == "init" else "init"]
        script.note(f"the other after {name}", client.request("POST", other, b"", me, _ERROR_TYPE))
        script.note(f"next after {name}", client.request("GET", _EVENT, None, me))
        again = client.request("POST", _REGISTER, b"{}", _named(f"to-{name}"))
        script.note(f"register after {name}", again)
    registered = client.request("POST", _REGISTER, b'{"events":["INVOKE"]}', _named("waiting"))
    waiting = script.connect()
    waiting.send_request("GET", _EVENT, None, _identified(registered))
    waiting.is_silent(0.1)
    too_late = client.request("POST", _ERRORS["init"], b"", _identified(registered), _ERROR_TYPE)
    script.note("init while waiting", too_late)
    in_time = client.request("POST", _ERRORS["exit"], b"", _identified(registered), _ERROR_TYPE)
    script.note("exit while waiting", in_time)
    del first


def methods(script: Script) -> None:
    """Other methods and paths."""
    client = script.connect()
    for path in (_REGISTER, _EVENT, *_ERRORS.values()):
        method = "POST" if path == _EVENT else "GET"
        script.note(f"{method} {path}", client.request(method, path, b"" if method == "POST" else None))
    script.note("a path beside", client.request("GET", "/2020-01-01/extension/event"))


def external(script: Script) -> None:
    """An external extension registers under its file's name, for SHUTDOWN too, once."""
    client, runtime = script.connect(), script.connect()
    result = script.platform.invoke(b"{}")
    bad = client.request("POST", _REGISTER, b'{"events":["STOP"]}', _named("outer"))
    script.note("register for a bad event", bad)
    both = b'{"events":["INVOKE","SHUTDOWN"]}'
    registered = script.note("register", client.request("POST", _REGISTER, both, _named("outer")))
    script.note("register again", client.request("POST", _REGISTER, both, _named("outer")))
    me = _identified(registered)
    waiting = script.connect()
    waiting.send_request("GET", _EVENT, None, me)
    script.seen["its poll is kept"] = waiting.is_silent(0.2)
    script.note("register while it waits", client.request("POST", _REGISTER, both, _named("outer")))
    script.note("a second poll", client.request("GET", _EVENT, None, me))
    if isinstance(script.platform, Emulator):
        # It starts its runtime now, and drops whoever polls before that.
        script.platform.child()
    answer = script.note("next", runtime.request("GET", NEXT))
    script.seen["the event"] = b'"eventType":"INVOKE"' in waiting.read().body
    script.note("register late", client.request("POST", _REGISTER, both, _named("outer")))
    script.note("init error late", client.request("POST", _ERRORS["init"], b"", me, _ERROR_TYPE))
    _respond(script, runtime, answer)
    waiting.send_request("GET", _EVENT, None, me)
    script.payload("payload", result, runtime)


@pytest.mark.parametrize(
    "scenario", [registrations, polls, errors, methods], ids=lambda scenario: scenario.__name__
)
def test_the_extensions_api_answers_as_the_emulators(
    scenario: Callable[[Script], None], tmp_path: Path
) -> None:
    _compare(scenario, Emulator(tmp_path / "emulator.log"), Lab())


@needs_bubblewrap
def test_an_external_extension_is_answered_as_by_the_emulator(tmp_path: Path) -> None:
    folder = tmp_path / "extensions"
    folder.mkdir()
    (folder / "outer").write_text("#!/bin/sh\nexec /bin/sleep 300\n")
    (folder / "outer").chmod(0o755)
    emulator = Emulator(tmp_path / "emulator.log", extensions=folder)
    _compare(external, emulator, Lab(extensions=frozenset({"outer"})))


def _compare(scenario: Callable[[Script], None], emulator: Emulator, lab: Lab) -> None:
    try:
        expected = record(scenario, emulator)
        assert len(expected) > 3, "a scenario that records nothing compares nothing"
        assert record(scenario, lab) == expected
    finally:
        emulator.close()
        lab.close()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Where each platform's metadata is, and the token for it."""
    emulator, lab = Emulator(tmp_path / "emulator.log"), Lab()
    emulator.invoke(b"{}")
    environ = Path(f"/proc/{emulator.child()}/environ").read_text().split("\0")
    variables = dict(pair.partition("=")[::2] for pair in environ)
    address, token = variables["AWS_LAMBDA_METADATA_API"], variables["AWS_LAMBDA_METADATA_TOKEN"]
    yield (address, token), (lab.address, lab.metadata.token)
    emulator.close()
    lab.close()


def test_metadata_is_given_and_refused_as_by_the_emulator(
    told: tuple[tuple[str, str], tuple[str, str]],
) -> None:
    def ask(address: str, token: str) -> dict[str, tuple[object, ...]]:
        connection = RawConnection(address)
        authorizations = {
            "token": f"Bearer {token}",
            "other scheme": f"Basic {token}",
            "lower scheme": f"bearer {token}",
            "bare token": token,
            "other token": f"Bearer {uuid.UUID(int=1)}",
            "space": f"Bearer  {token}",
            "empty": "Bearer ",
        }
        answers = {"none": connection.request("GET", PATH), "POST": connection.request("POST", PATH, b"{}")}
        answers["DELETE"] = RawConnection(address).request("DELETE", PATH)
        for name, value in authorizations.items():
            answers[name] = connection.request("GET", PATH, None, f"Authorization: {value}")
        for path in (f"{PATH}/", f"{PATH}/x", f"{PATH}x", "/2026-01-15/metadata", "/2026-01-15/metadata/x"):
            answers[path] = connection.request("GET", path, None, f"Authorization: Bearer {token}")
        names = ("content-type", "cache-control", "x-content-type-options")
        return {
            name: (answer.status, answer.body, *(answer.header(header) for header in names))
            for name, answer in answers.items()
        }

    emulator, lab = told
    expected = ask(*emulator)
    assert expected["token"][0] == 200
    assert ask(*lab) == expected
