"""A refusal ends its invocation at once, in whichever thread, task, child or finaliser the operation was tried (L1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import OWN_FUNCTIONS, Sink
from tests.rie import Rie

CODE = "__import__('os').getpid()"
# Less than what the function waits for: what a refusal does not end is ended by the platform, with another error.
TIMEOUT_S = 30
WAYS = [
    *("thread", "raw_thread", "future", "dummy_pool", "consumer", "s3transfer", "task", "to_thread"),
    *("child", "raw_child", "finaliser", "collected", "weak_reference", "swallowed", "generator", "signal"),
    *("exit", "excepthook", "sudden_end", "late_thread"),
]
ISOLATIONS = ("invocation", "window", "process")


def findings(rie: Rie) -> list[tuple[str, str]]:
    """Kind and request of each finding so far, without the first line; the next event is served after all was written."""
    rie.invoke({})
    found = []
    for line in rie.logs().split("\n"):
        if line.startswith("{") and '"finding_info"' in line:
            record = json.loads(line)
            found.append((record["finding_info"]["types"][0], record["unmapped"].get("request_id", "")))
    return [one for one in found if one[0] not in ("environment.started", "environment.cannot-check")]


@pytest.fixture(scope="module", params=ISOLATIONS)
def function(request: pytest.FixtureRequest) -> Iterator[Rie]:
    settings = {"DAYFLY_GUARD": "block", "DAYFLY_ISOLATION": request.param}
    with Rie(OWN_FUNCTIONS, "refusing.handler", environment=settings, timeout_s=TIMEOUT_S) as rie:
        rie.invoke({})
        yield rie


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_ends_the_invocation_wherever_it_was_raised(way: str, function: Rie) -> None:
    before = len(findings(function))
    answer = function.invoke({"of": way, "code": CODE, "file": "/tmp/../var/tmp/never-written"})
    assert answer.error_type == "Dayfly.Refused", answer.body
    found = findings(function)[before:]
    refused = [one for one in found if one[0] == "guard.refused"]
    # s3transfer goes on to remove what it could not write.
    assert len(refused) == 1 or (refused and way == "s3transfer"), found
    assert all(request_id for _, request_id in refused)
    # It broke no rule: nothing is told of it but what it tried, and what was left beside it.
    assert {kind for kind, _ in found} <= {"guard.refused", "residue.process", "worker.work-discarded"}
    assert function.invoke({}).payload == "served"


def test_a_refusal_that_comes_out_of_the_handler_is_the_handlers_own_error(function: Rie) -> None:
    before = function.logs().count("cleaned up")
    answer = function.invoke({"of": "honest", "code": CODE})
    assert answer.error_type == "Dayfly.Refused"
    assert isinstance(answer.payload, dict)
    assert any("of_honest" in line for line in answer.payload["stackTrace"])
    assert function.logs().count("cleaned up") == before + 1


def test_an_import_below_a_package_that_an_event_happens_to_name_is_the_codes_own(function: Rie) -> None:
    before = findings(function)
    assert function.invoke({"of": "below", "name": "wsgiref"}).payload == {"found": ["wsgiref"]}
    assert findings(function) == before


@pytest.mark.parametrize("way", ["thread", "future", "task", "finaliser", "swallowed", "sudden_end"])
def test_nothing_is_held_up_and_nothing_is_lost_while_it_is_observed(way: str) -> None:
    settings = {"DAYFLY_GUARD": "observe"}
    with Rie(OWN_FUNCTIONS, "refusing.handler", environment=settings, timeout_s=10) as rie:
        answer = rie.invoke({"of": way, "code": f"{CODE} and __import__('os')._exit(0)"})
        assert answer.error_type != "Dayfly.Refused"
        assert [kind for kind, _ in findings(rie)][:1] == ["guard.observed"]


OUTLIVES = """
import socket, sys, threading, time
def handler(event, context):
    sys.setswitchinterval(1e-5)
    over = threading.Event()
    def work():
        over.wait()
        until = time.perf_counter() + event["after_s"]
        while time.perf_counter() < until:
            pass
        eval(event["code"])
    threading.Thread(target=work, daemon=True).start()
    over.set()
"""


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_what_outlives_its_answer_is_refused(isolation: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(OUTLIVES)
    settings = {"DAYFLY_GUARD": "block", "DAYFLY_ISOLATION": isolation}
    with Sink() as sink, Rie(tmp_path, is_lambda=True, environment=settings) as rie:
        code = f"socket.socket(2, 2).sendto(b'alive', ('127.0.0.1', {sink.port}))"
        for step in range(60):
            rie.invoke({"code": code, "after_s": step * 4e-5})
        rie.invoke({"code": "", "after_s": 0})
        assert sink.received(quiet_s=0.1) == []


WAITS = """
import socket, threading, time
threads, served = [], 0
def handler(event, context):
    global served
    served += 1
    def work():
        while served <= event["events"]:
            time.sleep(0.001)
        eval(event["code"])
    if "code" in event:
        threads.append(threading.Thread(target=work, daemon=True))
        threads[-1].start()
    elif served > event["events"]:
        threads.pop().join()
"""


@pytest.mark.parametrize("events", [1, 6])
@pytest.mark.parametrize("isolation", ["window", "process"])
def test_a_thread_that_waits_for_other_events_is_judged_by_its_own(
    isolation: str, events: int, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(WAITS)
    settings = {"DAYFLY_GUARD": "block", "DAYFLY_ISOLATION": isolation}
    with Sink() as sink, Rie(tmp_path, is_lambda=True, environment=settings) as rie:
        code = f"socket.socket(2, 2).sendto(b'alive', ('127.0.0.1', {sink.port}))"
        rie.invoke({"code": code, "events": events})
        answers = [rie.invoke({"events": events}).error_type for _ in range(events)]
        assert answers == ["" for _ in range(events - 1)] + ["Dayfly.Refused"]
        assert sink.received(quiet_s=0.1) == []
