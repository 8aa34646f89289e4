"""What an event brings is refused where it would become structure (L1), and the same sink serves honest events.

No case names what it looks for: each honest event goes through the same line of the function as its attack.
"""

from __future__ import annotations

import base64
import json
import marshal
from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.item_service import item_service

pytestmark = needs_confinement()

CARD, PASSWORD, TOKEN = "4929123412341234", "hunter2-Tr0ub4dor", "tok_live_5f2c9a7be1"
# Two bytes of pickle's that call `os.system`, as an attacker writes them.
PICKLED = base64.b64encode(b"cposix\nsystem\n(S'id > /tmp/owned'\ntR.").decode()
MARSHALLED = base64.b64encode(marshal.dumps(compile("import os; result = os.getpid()", "x", "exec"))).decode()

# sink: an attack, the rule's subject, and an honest event with what it is answered.
CASES: dict[str, tuple[dict[str, object], str, dict[str, object], object]] = {
    "eval": ({"price": "__import__('os').getpid()"}, "python", {"price": "12.50"}, 12.5),
    "exec": ({"amount": "1; import os #"}, "python", {"amount": 21}, 42),
    "tree": ({"formula": "().__class__.__base__.__subclasses__()"}, "python", {"formula": "-12.5"}, -12.5),
    "pickle": (
        {"session": PICKLED},
        "global",
        {"session": base64.b64encode(b"(dS'total'\nI7\ns.").decode()},
        {"total": 7},
    ),
    "yaml": (
        {"document": "!!python/object/apply:os.system ['id > /tmp/owned']"},
        "global",
        {"document": "colour: red\nsizes: [1, 2]"},
        {"colour": "red", "sizes": [1, 2]},
    ),
    "template": (
        {"name": "{{ ''.__class__.__mro__ }}", "total": 3},
        "template",
        {"name": "alice", "total": 3},
        "Dear alice, 3 is due.",
    ),
    "system": ({"name": "x; id > /tmp/owned"}, "shell", {"name": "alice"}, 0),
    "shell": ({"name": "x'; id > /tmp/owned; echo '"}, "shell", {"name": "alice and bob"}, "alice and bob"),
    "sql": ({"name": "' OR '1'='1"}, "sql", {"name": "alice"}, [["alice", "4111111111111111"]]),
    "path": ({"file": "../../etc/passwd"}, "path", {"file": "of-yesterday.txt"}, "paid"),
    "import": ({"plugin": "http.server"}, "import", {"plugin": "colorsys"}, "colorsys"),
}
# Attacks alone: what of these comes from an event is never honest.
ATTACKS: dict[str, tuple[dict[str, object], str]] = {
    "marshal": ({"program": MARSHALLED}, "code"),
    "operand": ({"name": "--version"}, "argv"),
    "program": ({"program": ["/usr/bin/env"]}, "argv"),
    "url": ({"url": "http://169.254.170.2/v2/credentials"}, "url"),
    "temporary_import": ({}, "import"),
}
HONEST: dict[str, tuple[dict[str, object], object]] = {
    "literal": ({"literal": "{'a': [1, 2, -3.5, None]}"}, {"a": [1, 2, -3.5, None]}),
    "operand": ({"name": "alice; $(id)"}, "alice; $(id)"),
    "parameter": ({"name": "alice' OR '1'='1"}, []),
    "page": ({"item": "17"}, "item"),
}
SECRETS = {"card": CARD, "password": PASSWORD, "headers": {"authorization": f"Bearer {TOKEN}"}}
MODES = ("block", "observe")
ISOLATIONS = ("invocation", "process")


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with item_service() as url:
        yield url


@pytest.fixture(
    scope="module", params=[(mode, isolation) for mode in MODES for isolation in ISOLATIONS], ids="-".join
)
def shop(request: pytest.FixtureRequest, service: str) -> Iterator[Shop]:
    mode, isolation = request.param
    environment = {"DAYFLY_GUARD": mode, "DAYFLY_ISOLATION": isolation, "SERVICE": service}
    with Shop("dayfly", environment=environment, handler="sinks.handler") as one:
        # The emulator starts the function with the first event.
        one.rie.invoke({"of": "literal", "literal": "1"})
        yield one


def mode_of(shop: Shop) -> str:
    first = next(line for line in shop.rie.logs().split("\n") if '"environment.started"' in line)
    return str(json.loads(first)["unmapped"]["evidence"]["guard"])


def told(shop: Shop, act: object) -> list[dict[str, object]]:
    """What findings of the guard one event leads to: kind, rule and technique."""
    before = len(_guards(shop))
    shop.rie.invoke(act)
    return _guards(shop)[before:]


def _guards(shop: Shop) -> list[dict[str, object]]:
    # The next event is served after all of this one's is written.
    shop.rie.invoke({"of": "literal", "literal": "1"})
    found = []
    for line in shop.rie.logs().split("\n"):
        if line.startswith("{") and '"types":["guard.' in line:
            record = json.loads(line)
            found.append({"kind": record["finding_info"]["types"][0], **record["unmapped"]["evidence"]})
    return found


@pytest.mark.parametrize("name", [*CASES, *ATTACKS])
def test_what_an_event_makes_structure_of_is_refused_or_found(name: str, shop: Shop) -> None:
    event, subject = CASES[name][:2] if name in CASES else ATTACKS[name]
    mode = mode_of(shop)
    before = len(_guards(shop))
    answer = shop.rie.invoke({"of": name, **event, **SECRETS})
    found = _guards(shop)[before:]
    assert [one["kind"] for one in found][:1] == ["guard.refused" if mode == "block" else "guard.observed"]
    assert str(found[0]["rule"]).partition(".")[0] == subject
    assert f"of_{name}" in str(found[0]["place"])
    if mode == "block":
        assert answer.error_type == "Dayfly.Refused"
    else:
        assert answer.error_type != "Dayfly.Refused"


@pytest.mark.parametrize("name", [*CASES, *HONEST])
def test_an_honest_event_of_the_same_sink_is_served_and_nothing_is_found(name: str, shop: Shop) -> None:
    event, expected = CASES[name][2:] if name in CASES else HONEST[name]
    before = _guards(shop)
    answer = shop.rie.invoke({"of": name, **event, **SECRETS})
    assert answer.payload == {"found": expected, "again": expected}
    assert _guards(shop) == before


def test_what_a_caller_sends_beside_the_event_is_his_as_well(shop: Shop) -> None:
    before = len(_guards(shop))
    answer = shop.rie.invoke(
        {"of": "client_context"}, client_context={"custom": {"formula": "__import__('os').getpid()"}}
    )
    assert len(_guards(shop)) == before + 1
    assert (answer.error_type == "Dayfly.Refused") == (mode_of(shop) == "block")


def test_an_event_that_is_too_large_to_be_read_hides_no_code(shop: Shop) -> None:
    filler = {f"filler{number}": f"{number:08x}" * 2 for number in range(90_000)}
    before = len(_guards(shop))
    answer = shop.rie.invoke({"of": "exec", **filler, "amount": "1; import os #"})
    assert len(_guards(shop)) == before + 1
    assert (answer.error_type == "Dayfly.Refused") == (mode_of(shop) == "block")


@pytest.mark.parametrize("name", ["swallowed", "finally", "thread", "exception"])
def test_a_swallowed_refusal_is_the_answer_all_the_same(name: str, shop: Shop) -> None:
    answer = shop.rie.invoke({"of": name, "code": "import os; os.getpid()", **SECRETS})
    if mode_of(shop) == "block":
        assert answer.error_type == "Dayfly.Refused"
    else:
        assert answer.payload == {"found": "done", "again": "done"} or b"swallowed" in answer.body
    assert shop.rie.invoke({"of": "eval", "price": "1"}).payload == {"found": 1, "again": 1}


@pytest.mark.parametrize("name", ["error", "answer"])
def test_what_is_made_after_the_handler_is_refused_and_ends_nothing(name: str, shop: Shop) -> None:
    before = len(_guards(shop))
    answer = shop.rie.invoke({"of": name, "code": "__import__('os').getpid()", **SECRETS})
    found = _guards(shop)[before:]
    assert [one["rule"] for one in found] == ["python.structure"]
    assert (answer.error_type == "Dayfly.Refused") == (mode_of(shop) == "block")
    assert shop.rie.logs().count('"types":["environment.started"]') == 1
    assert '"types":["worker.died"]' not in shop.rie.logs()


def test_code_that_neither_the_event_nor_the_function_explains_is_told_of_once_and_runs(shop: Shop) -> None:
    before = len(_guards(shop))
    for _ in range(3):
        assert shop.rie.invoke({"of": "stored", **SECRETS}).payload == {"found": True, "again": True}
    found = _guards(shop)[before:]
    assert [one["kind"] for one in found] == ["guard.unknown"]
    assert "of_stored" in str(found[0]["place"])


def test_nothing_of_an_event_stands_in_a_log(shop: Shop) -> None:
    """The function's own output aside, which is its own."""
    for name, secret in (("card", CARD), ("password", PASSWORD), ("token", TOKEN)):
        shop.rie.invoke({"of": "eval", "price": f"f('{secret}')", **SECRETS})
        shop.rie.invoke({"of": "system", "name": f"x; {secret}", secret: name, **SECRETS})
        shop.rie.invoke({"of": "path", "file": f"../../{secret}", **SECRETS})
        shop.rie.invoke({"of": "sql", "name": f"{secret}' OR {secret} --", **SECRETS})
        shop.rie.invoke({"of": "import", "plugin": f"{secret}.x", **SECRETS})
        shop.rie.invoke({"of": "yaml", "document": f"!!python/name:os.{secret} ''", **SECRETS})
    own = [line for line in shop.rie.logs().split("\n") if '"finding_info"' in line]
    assert len(own) > 6
    assert [line for line in own for secret in (CARD, PASSWORD, TOKEN) if secret in line] == []
    if mode_of(shop) == "block":
        refusals = [line for line in shop.rie.logs().split("\n") if "Dayfly's guard refused" in line]
        assert refusals
        assert [line for line in refusals for secret in (CARD, PASSWORD, TOKEN) if secret in line] == []


def test_the_first_line_tells_the_mode(shop: Shop) -> None:
    assert f"guard {mode_of(shop)}" in shop.rie.logs()


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_articles_attack_ends_at_its_first_line(isolation: str) -> None:
    settings = {"DAYFLY_GUARD": "block", "DAYFLY_ISOLATION": isolation}
    with Shop("dayfly", environment=settings) as shop:
        shop.serve(1)
        answer = shop.attack("leak('reached')\nresult = os.getpid()")
        assert answer.error_type == "Dayfly.Refused"
        cards = shop.serve(2)
        assert shop.sink.received() == []
        assert shop.stolen(cards) == 0
        assert shop.findings() == ["guard.refused"]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_articles_attack_is_found_while_it_is_observed(isolation: str) -> None:
    settings = {"DAYFLY_GUARD": "observe", "DAYFLY_ISOLATION": isolation}
    with Shop("dayfly", environment=settings) as shop:
        shop.serve(1)
        assert shop.result_of("result = 'reached'") == "reached"
        shop.serve(1)
        assert "guard.observed" in shop.findings()


def test_a_refusal_ends_a_window() -> None:
    settings = {"DAYFLY_GUARD": "block", "DAYFLY_ISOLATION": "window", "DAYFLY_LOG_INVOCATIONS": "on"}
    with Shop("dayfly", environment=settings) as shop:
        shop.serve(2)
        assert shop.attack("result = 1").error_type == "Dayfly.Refused"
        shop.serve(2)
        workers = [
            json.loads(line)["worker"]
            for line in shop.rie.logs().split("\n")
            if '"message":"Dayfly: invocation"' in line
        ]
        assert workers[0] == workers[1] == workers[2] != workers[3]
