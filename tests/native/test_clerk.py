"""The clerk: what it says of events, and that no worker gains or costs anything by it."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.native.test_serving import SUPERVISOR
from tests.runtimes import RuntimeProcess

from dayfly.core.proofs import FleetKey, Pseudonyms
from dayfly.runtime.clerk import judge, list_distributions

pytestmark = pytest.mark.skipif(not SUPERVISOR.is_file(), reason="not built: make setup")

KEY = "ab" * 32
EVENT: Mapping[str, object] = {
    "httpMethod": "GET",
    "resource": "/orders/{id}",
    "path": "/orders/17",
    "requestContext": {"identity": {"sourceIp": "203.0.113.9"}},
}
HANDLER = """
import os, signal
def handler(event, context):
    if "pid" in event:
        os.kill(event["pid"], getattr(signal, event["act"]))
    return {"statusCode": 200}
"""


def serve(folder: Path, **more: str) -> RuntimeProcess:
    (folder / "app.py").write_text(HANDLER)
    environment = {"DAYFLY_LOG_INVOCATIONS": "on", "DAYFLY_FLEET_KEY": KEY, **more}
    return RuntimeProcess(folder, "app.handler", runtime="dayfly", environment=environment)


def records(side: RuntimeProcess) -> list[dict[str, object]]:
    lines = [line for line in side.output().splitlines() if '"Dayfly: invocation"' in line]
    return [json.loads(line) for line in lines]


def clerk_of(side: RuntimeProcess) -> int:
    """The supervisor's child that holds no pipe of the log."""
    found = []
    for pid in side.tree():
        try:
            if os.readlink(f"/proc/{pid}/fd/1") == "/dev/null":
                found.append(pid)
        except OSError:
            continue
    assert len(found) == 1, found
    return found[0]


def test_records_say_what_an_event_was(tmp_path: Path) -> None:
    with serve(tmp_path) as side:
        for event in (EVENT, {"a": [1]}, {"body": "x" * 300_000}):
            side.invoke(event)
        side.invoke({})
        first, second, third = records(side)[:3]
        # The hash of the code is computed beside the first events.
        while "code" not in records(side)[-1]:
            side.invoke({})
    key = FleetKey(bytes.fromhex(KEY))
    assert (first["trigger"], first["route"], first["status"]) == ("rest-api", "GET /orders/{id}", 200)
    assert first["source"] == f"{key.name('source', '203.0.113.9'):016x}"
    assert first["shape"] != second["shape"]
    assert (second["trigger"], third["trigger"]) == ("direct", "large")
    assert [one["invocation"] for one in (first, second, third)] == [1, 2, 3]
    assert {one["outcome"] for one in (first, second, third)} == {"success"}
    assert {one["bytes_out"] for one in (first, second, third)} == {19}
    assert third["bytes_in"] == len(json.dumps({"body": "x" * 300_000}))


@pytest.mark.parametrize("act", ["SIGKILL", "SIGSTOP"])
def test_a_worker_that_ends_or_stops_it_costs_no_event_and_no_record(act: str, tmp_path: Path) -> None:
    with serve(tmp_path) as side:
        assert side.invoke(EVENT).payload == {"statusCode": 200}
        side.invoke(EVENT)
        first = clerk_of(side)
        assert side.invoke({**EVENT, "pid": first, "act": act}).payload == {"statusCode": 200}
        for _ in range(2):
            assert side.invoke(EVENT).payload == {"statusCode": 200}
        side.invoke(EVENT)
        told = records(side)
        assert clerk_of(side) != first
    assert [record["invocation"] for record in told[:5]] == [1, 2, 3, 4, 5]
    # That of the event that did so as well: nobody hides whose it was.
    assert [record["trigger"] for record in told[:5]] == ["rest-api"] * 5
    assert side.process.poll() is not None


def test_events_that_leave_it_no_time_to_start_silence_no_later_ones(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, time\nif '_DAYFLY_CLERK' in os.environ: time.sleep(2)\n"
    )
    with serve(tmp_path, PYTHONPATH=str(tmp_path)) as side:
        for _ in range(4):
            soon = int(time.time() * 1000) + 2000
            assert side.invoke(EVENT, Lambda_Runtime_Deadline_Ms=str(soon)).payload == {"statusCode": 200}
        for _ in range(60):
            side.invoke(EVENT)
        told = [record["trigger"] for record in records(side)]
    assert told[:4] == ["unreadable"] * 4
    assert "rest-api" in told


SEEK = """
result = {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        line = open(f"/proc/{pid}/cmdline").read()
    except OSError:
        # An earlier event's worker goes meanwhile.
        continue
    if int(pid) == os.getpid() or "dayfly.runtime" not in line or "aws-lambda-rie" in line:
        continue
    result[pid] = []
    for name in ("mem", "environ", "maps", "fd"):
        try:
            os.listdir(f"/proc/{pid}/fd") if name == "fd" else open(f"/proc/{pid}/{name}", "rb").read(1)
            result[pid].append(name)
        except OSError:
            pass
"""


@needs_confinement()
def test_its_memory_is_closed_to_workers() -> None:
    with Shop("dayfly", environment={"DAYFLY_LOG_INVOCATIONS": "on"}) as shop:
        shop.serve(1)
        found = shop.result_of(SEEK)
    # Supervisor, zygote, at least one spare, and the clerk.
    assert isinstance(found, dict)
    assert len(found) > 3
    assert not any(found.values()), found


def test_with_a_key_alone_it_names_packages_and_is_gone(tmp_path: Path) -> None:
    (tmp_path / "Some_Thing-1.2.dist-info").mkdir()
    with serve(tmp_path, DAYFLY_LOG_INVOCATIONS="off") as side:
        side.invoke({})
        side.invoke({})
        assert "some-thing==1.2" in side.output()
        assert records(side) == []
        with pytest.raises(AssertionError):
            clerk_of(side)


def test_it_judges_an_event_by_its_length_where_that_is_all_it_has() -> None:
    key = FleetKey(bytes.fromhex(KEY))
    large = judge([b"300000 8 1", b"", b"", b"", b""], key).split("\n")
    assert large[:2] == ["large", ""]
    assert len(large) == 9
    assert len(large[4]) == 16


def test_its_key_makes_the_same_pseudonyms_and_proves_nothing() -> None:
    key = FleetKey(bytes.fromhex(KEY))
    half = Pseudonyms(key._names)
    assert half.name("source", "203.0.113.9") == key.name("source", "203.0.113.9")
    assert not hasattr(half, "prove")


def test_what_was_left_has_one_name_in_any_order() -> None:
    notes = (b"residue.file\x1fplace=\x1d/tmp", b"residue.ipc\x1fkind=\x1db\x1da")
    ways = [b"\n".join(order) for order in (notes, notes[::-1], (*notes, notes[0]))]
    assert len({judge([b"0 0 0", b"", b"", b"", left], None).split("\n")[7] for left in ways}) == 1


def test_distributions_come_in_pieces_of_one_record_each(tmp_path: Path) -> None:
    for number in range(700):
        (tmp_path / f"package{number:03d}-1.0.dist-info").mkdir()
    pieces = list_distributions(os.fsencode(tmp_path)).split("\x1e")
    assert len(pieces) == 2
    assert sum(piece.count("==") for piece in pieces) == 700


def test_it_ends_with_its_supervisor(tmp_path: Path) -> None:
    with serve(tmp_path) as side:
        side.invoke({})
        side.invoke({})
        clerk = clerk_of(side)
        os.kill(side.pid, signal.SIGKILL)
        side.process.wait(60)
        descriptor = os.pidfd_open(clerk)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            assert poll.poll(30_000)
        finally:
            os.close(descriptor)
