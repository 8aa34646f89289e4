"""What an event's code plants in memory while the guard only observes: found in the same invocation, with who did it, from
what to what, and who was served by it afterwards; and where that can be helped, nobody is."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement

from dayfly.lab.gauntlet.technique import Technique, load_techniques

pytestmark = needs_confinement()

ISOLATIONS = ("invocation", "window", "process")
DEFAULT, *OTHERS = ISOLATIONS
# Of the catalogue, what is left in the process's own memory; and where that is to be told.
IN_MEMORY = {
    "json-dumps": "json.dumps",
    "json-encoder": "json.",
    "builtin-len": "builtins.len",
    "rebound-helper": "app.",
    "class-pollution": "merging.SETTINGS.rebate",
    "http-client": "http.client.HTTPConnection.request",
    "import-finder": "sys.meta_path",
    "import-function": "builtins.__import__",
    "logging-filter": "logging.",
    "logging-handler": "logging.RootLogger",
    "log-record-factory": "logging._logRecordFactory",
    "name-resolution": "",
    "runtime-marshaller": "awslambdaric.",
    "runtime-context-maker": "awslambdaric.",
    "runtime-event-function": "awslambdaric.",
    "runtime-loop-locals": "running awslambdaric/bootstrap.py run",
    "collector-callback": "gc.callbacks",
    "interval-timer": "signal handlers",
    "thread": "a thread",
    "tracer": "the tracer",
    "profiler": "the tracer",
    "monitoring": "the interpreter",
    "sdk-event-hook": "",
    "proxy-variable": "os.environ.",
    "working-directory": "the working directory",
    "substituted-object": "",
}
# No finding in a process that serves one event: it dies with it.
LASTING = ("working-directory",)
TECHNIQUES = {one.name: one for one in load_techniques()}


def findings(shop: Shop, kind: str, *, since: int = 0) -> list[dict[str, object]]:
    """Findings of a kind: their evidence, request and technique."""
    found = []
    for line in shop.rie.logs().split("\n")[since:]:
        if line.startswith("{") and f'"types":["{kind}"]' in line:
            record = json.loads(line)
            found.append(
                {
                    **record["unmapped"]["evidence"],
                    "request_id": record["unmapped"].get("request_id", ""),
                    "techniques": [one["technique"]["uid"] for one in record["finding_info"]["attacks"]],
                }
            )
    return found


def attack(shop: Shop, technique: Technique) -> None:
    if technique.event:
        shop.rie.invoke(dict(technique.event))
    else:
        shop.attack(technique.plant)


def cases() -> Iterator[object]:
    """Each attack in the default isolation and, by turns, in one where the process goes on; at night in both of those."""
    for name, others in zip(IN_MEMORY, itertools.cycle((OTHERS, OTHERS[::-1]))):
        for isolation in (DEFAULT, *others):
            marks = [pytest.mark.slow, pytest.mark.nightly] if isolation == others[1] else []
            if isolation != DEFAULT or name not in LASTING:
                yield pytest.param(name, isolation, id=f"{name}-{isolation}", marks=marks)


@pytest.mark.parametrize(("name", "isolation"), list(cases()))
def test_what_is_planted_is_found_in_the_same_invocation_and_serves_nobody(name: str, isolation: str) -> None:
    technique = TECHNIQUES[name]
    if sys.version_info < technique.since:
        pytest.skip("no such thing in this version of Python")
    settings = {"DAYFLY_GUARD": "observe", "DAYFLY_ISOLATION": isolation, **technique.environment}
    with Shop("dayfly", handler=technique.handler, environment=settings) as shop:
        shop.learn()
        assert findings(shop, "residue.memory") == []
        attack(shop, technique)
        after = [shop.order() for _ in range(3)]
        found = findings(shop, "residue.memory")
        assert any(str(one["place"]).startswith(IN_MEMORY[name]) for one in found), found
        assert len({one["request_id"] for one in found}) == 1
        assert all(str(one["techniques"]).startswith("['T1") for one in found)
        assert findings(shop, "residue.served") == []
        aftermath = technique.evidence.gather(shop, 2)
        assert aftermath.reached == 0
        assert len(after) == 3


def test_where_the_process_goes_on_each_later_request_is_told_with_source_request() -> None:
    settings = {"DAYFLY_GUARD": "observe", "DAYFLY_ISOLATION": "process", "DAYFLY_RETIRE_ON": "error"}
    with Shop("dayfly", environment=settings) as shop:
        shop.learn()
        shop.attack(TECHNIQUES["json-dumps"].plant)
        for _ in range(3):
            shop.order()
        (zero,) = {one["request_id"] for one in findings(shop, "residue.memory")}
        served = findings(shop, "residue.served")
        assert [one["served_afterwards"] for one in served] == [1, 2, 3]
        assert {one["source_request"] for one in served} == {zero}
        assert zero not in {one["request_id"] for one in served}
        assert len({one["request_id"] for one in served}) == 3


CARD = "4929123412341234"
# What an attacker calls things after, so that a finding would have to name it.
NAMED = f"""
import app, gc, json, os, threading
def c{CARD}(*_, **__): return "{{}}"
c{CARD}.__module__ = c{CARD}.__qualname__ = "c{CARD}"
class C{CARD}: c{CARD} = c{CARD}
app.c{CARD} = app.RATES = {{"c{CARD}": c{CARD}}}
app.RATES["standard"] = {CARD}
app.receipt.__module__ = app.receipt.__qualname__ = "c{CARD}"
app.receipt.__kwdefaults__ = {{"c{CARD}": c{CARD}}}
type(app.logger).__qualname__ = "c{CARD}"
app.logger.handle = C{CARD}().c{CARD}
os.environ["C{CARD}"] = "{CARD}"
os.environ["TZ"] = "{CARD}"
print.__module__ = "c{CARD}"
json.loads = print
threading.Thread(name="c{CARD}", target=threading.Event().wait, args=(9,), daemon=True).start()
os.makedirs("/tmp/c{CARD}", exist_ok=True)
os.chdir("/tmp/c{CARD}")
"""


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_nothing_of_what_is_planted_stands_in_a_finding(isolation: str) -> None:
    settings = {"DAYFLY_GUARD": "observe", "DAYFLY_ISOLATION": isolation, "DAYFLY_RETIRE_ON": "error"}
    with Shop("dayfly", environment=settings) as shop:
        shop.serve(1)
        shop.attack(NAMED)
        # In a process that goes on, what was added is changed by the next one.
        shop.attack(NAMED.replace("return", "return 1 or"))
        shop.order()
        own = [line for line in shop.rie.logs().split("\n") if '"finding_info"' in line]
        assert len(findings(shop, "residue.memory")) > 3
        assert [line for line in own if CARD in line] == []


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_customers_of_an_honest_function_leave_nothing(isolation: str) -> None:
    with Shop("dayfly", environment={"DAYFLY_GUARD": "observe", "DAYFLY_ISOLATION": isolation}) as shop:
        for _ in range(20):
            shop.order()
        assert '"types":["residue.' not in shop.rie.logs()
        assert '"types":["guard.' not in shop.rie.logs()


# Code that the guard cannot explain, at as many places of the function's as one likes.
DECOYS = """
import app
hidden = bytes(one ^ 1 for one in {}).decode()
for line in range(8):
    exec(compile("\\n" * line + "exec(hidden)", app.__file__, "exec"), {{"hidden": hidden}})
"""


def test_what_is_unknown_hides_nothing_that_is_planted() -> None:
    decoys = DECOYS.format([one ^ 1 for one in b"v=len(str(1))"])
    with Shop("dayfly", environment={"DAYFLY_GUARD": "observe", "DAYFLY_ISOLATION": "process"}) as shop:
        shop.learn()
        shop.attack(decoys + TECHNIQUES["json-dumps"].plant)
        cards = shop.serve()
        assert "guard.unknown" in shop.findings()
        assert findings(shop, "residue.memory") != []
        assert shop.stolen(cards) == 0


SETS = {
    "the sockets' time limit": (
        "import socket; socket.setdefaulttimeout(0.001)",
        "socket.getdefaulttimeout()",
    ),
    "the file mask": ("os.umask(0)", "os.umask(0o22)"),
    "a limit": ("resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))", "resource.getrlimit(7)"),
    "rounding": ("import decimal; decimal.getcontext().prec = 3", "str(1 / decimal.Decimal(3))"),
}


@pytest.mark.parametrize("name", SETS)
def test_what_is_set_for_a_process_that_goes_on_is_found_and_serves_nobody(name: str) -> None:
    sets, reads = SETS[name]
    reads = f"import decimal, resource, socket; result = {reads}"
    with Shop("dayfly", environment={"DAYFLY_GUARD": "observe", "DAYFLY_ISOLATION": "process"}) as shop:
        # Another process for each, once it was seen that code of an event ran and left something.
        before = shop.result_of(reads)
        shop.attack(f"import resource; {sets}")
        assert [one["place"] for one in findings(shop, "residue.memory")] == ["limits and settings"]
        assert shop.result_of(reads) == before
