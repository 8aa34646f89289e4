"""What a fresh worker does on its caller's time: it imports nothing of Dayfly's and touches few new pages."""

from __future__ import annotations

import select
import statistics
import time
from pathlib import Path

import pytest
from tests.real.environment import real_python
from tests.rie import Rie

# Prints a line for every import by Dayfly's code in a worker, up to the answer's last byte.
WATCH = """
import os, sys, threading

class Imports:
    zygote = os.getpid()

    def find_spec(self, name, path=None, target=None):
        importer = sys._getframe()
        while "importlib" in importer.f_code.co_filename or importer.f_globals is globals():
            importer = importer.f_back
        if os.getpid() != self.zygote and importer.f_globals.get("__name__", "").startswith("dayfly."):
            os.write(1, f"imported in a worker: {name}\\n".encode())

sys.meta_path.insert(0, Imports())
"""
FUNCTIONS = {
    "answers": """
def handler(event, context):
    return {}
""",
    "fails": """
def handler(event, context):
    raise ValueError("no")
""",
    "reads_a_file": """
def handler(event, context):
    with open("/etc/hostname") as file:
        return file.read()
""",
    "multiprocessing": """
import multiprocessing.resource_tracker

def handler(event, context):
    return {}
""",
    "starts_a_thread": """
def handler(event, context):
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return {}
""",
    "leaves_a_thread": """
def handler(event, context):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return {}
""",
    "asyncio": """
import asyncio

async def answer():
    return await asyncio.to_thread(dict)

def handler(event, context):
    return asyncio.run(answer())
""",
    "boto3": """
import boto3
client = boto3.client("dynamodb", region_name="eu-central-1")

def handler(event, context):
    return {}
""",
}
# Pages touched between an event's first byte and the worker's end: DESIGN's budget, by what init loaded.
FAULTS = {"small": 20, "boto3": 30}
# Past those from which on workers teach.
FEW_SAMPLES = 20
DEADLINE_S = 60.0


def written(name: str, folder: Path) -> Path:
    (folder / "app.py").write_text(WATCH + FUNCTIONS[name])
    return folder


@pytest.mark.parametrize("guard", ["off", "observe", "block"])
@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_dayfly_imports_nothing_in_a_worker(name: str, guard: str, tmp_path: Path) -> None:
    # A fork that tries imports is no worker.
    environment = {"DAYFLY_GUARD": guard, "DAYFLY_ZYGOTE_WARM": "off"}
    with Rie(written(name, tmp_path), environment=environment, interpreter=real_python()) as rie:
        answers = [rie.invoke({}) for _ in range(3)]
        log = rie.logs()
    assert [answer.error_type for answer in answers] == ["ValueError" if name == "fails" else ""] * 3
    assert [line for line in log.splitlines() if "imported in a worker" in line] == []


COLLECTIONS = """
import gc, os
{imports}
zygote, collected = os.getpid(), []

def note(phase, info):
    if os.getpid() != zygote and phase == "start":
        collected.append(info["generation"])

gc.callbacks.append(note)

def handler(event, context):
    return {{"pid": os.getpid(), "collected": collected, "collects": gc.isenabled()}}
"""
IMPORTS = {
    "small": "",
    "boto3": "import boto3\nclient = boto3.client('dynamodb', region_name='eu-central-1')",
}


@pytest.mark.parametrize("guard", ["off", "observe"])
@pytest.mark.parametrize("name", list(IMPORTS))
def test_a_fresh_worker_collects_no_garbage_before_its_event_has_made_any(
    name: str, guard: str, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(COLLECTIONS.format(imports=IMPORTS[name]))
    with Rie(tmp_path, environment={"DAYFLY_GUARD": guard}, interpreter=real_python()) as rie:
        for _ in range(5):
            answer = rie.invoke({}).payload
            assert isinstance(answer, dict)
            assert (answer["collected"], answer["collects"]) == ([], True)


@pytest.mark.parametrize("guard", ["off", "observe"])
@pytest.mark.parametrize("name", list(IMPORTS))
def test_a_worker_touches_few_new_pages_while_its_caller_waits(name: str, guard: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(COLLECTIONS.format(imports=IMPORTS[name]))
    touched: list[int] = []
    end = time.monotonic() + DEADLINE_S
    with Rie(tmp_path, environment={"DAYFLY_GUARD": guard}, interpreter=real_python()) as rie:
        while len(touched) < FEW_SAMPLES and time.monotonic() < end:
            before = settled_faults(rie, end)
            answer = rie.invoke({}).payload
            assert isinstance(answer, dict)
            # A dead worker's count can be read until the zygote reaps it, which may come first.
            after = minor_faults(answer["pid"])
            if after is not None and answer["pid"] in before:
                touched.append(after - before[answer["pid"]])
    assert len(touched) == FEW_SAMPLES
    assert statistics.median(touched[FEW_SAMPLES // 2 :]) <= FAULTS[name], touched


def settled_faults(rie: Rie, end: float) -> dict[int, int]:
    """The page faults of each process of the runtime, once none of them causes any more."""
    last: dict[int, int] = {}
    while time.monotonic() < end:
        now = {pid: count for pid in rie.runtime_pids() if (count := minor_faults(pid)) is not None}
        if now == last:
            return now
        last = now
        select.select([], [], [], 0.05)
    return last


def minor_faults(pid: int) -> int | None:
    """`minflt` of proc_pid_stat(5); None where there is no such process any more."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[7])
    except OSError:
        return None
