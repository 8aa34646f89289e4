"""In an environment of its own, as on Lambda, Dayfly forgets processes and files too, and changes nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.rie import MODULES, Rie
from tests.runtimes import is_finding, is_ours, level

FUNCTIONS = Path(__file__).parent / "functions"
SOURCE = """
import os, subprocess, sys, tempfile
with open("/tmp/from-init", "w") as made:
    made.write("kept")

def remember(event, context):
    before = sorted(os.listdir("/tmp"))
    with open(f"/tmp/secret-{event['n']}", "w") as file:
        file.write("card")
    child = subprocess.Popen(["sleep", "300"], start_new_session=True)
    # A program has no command line yet when it closes what its parent waits for.
    while not open(f"/proc/{child.pid}/cmdline").read():
        os.sched_yield()
    return {"before": before, "kept": open("/tmp/from-init").read(), "child": child.pid, "sleeping": sleeping(child.pid)}

def sleeping(own):
    count = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != own:
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as line, open(f"/proc/{entry}/stat") as stat:
                    count += line.read().startswith(b"sleep") and stat.read().rpartition(")")[2].split()[0] != "Z"
            except OSError:
                pass
    return count
"""
LOOKS: list[tuple[str, object]] = [
    ("results.handler", {"case": "object"}),
    ("results.handler", {"case": "not ascii"}),
    ("errors.handler", {"case": "chained"}),
    ("logs.handler", {"case": "levels"}),
    ("logs.fails", {}),
]
pytestmark = pytest.mark.filterwarnings("default:RIE runs unconfined")


@pytest.fixture
def remembering(tmp_path: Path) -> Iterator[tuple[Rie, Rie]]:
    (tmp_path / "app.py").write_text(SOURCE)
    if confinement_here().kind == "none":
        # Not confined, both would litter the machine's own /tmp.
        pytest.skip(f"no environment of its own can be had here: {confinement_here().reason}")
    with (
        Rie(tmp_path, "app.remember", runtime="plain", confined=True) as plain,
        Rie(tmp_path, "app.remember", runtime="dayfly", confined=True) as dayfly,
    ):
        yield plain, dayfly


def test_files_and_processes_stay_under_plain_awslambdaric_and_go_under_dayfly(
    remembering: tuple[Rie, Rie],
) -> None:
    plain, dayfly = ([side.invoke({"n": n}).payload for n in range(4)] for side in remembering)
    assert isinstance(plain[3], dict)
    assert plain[3]["before"] == ["from-init", "secret-0", "secret-1", "secret-2"]
    assert plain[3]["sleeping"] == 3
    for payload in dayfly:
        assert isinstance(payload, dict)
        assert (payload["before"], payload["kept"], payload["sleeping"]) == (["from-init"], "kept", 0)


def test_what_was_left_behind_is_reported_once_each_and_without_the_event(
    remembering: tuple[Rie, Rie],
) -> None:
    _, dayfly = remembering
    dayfly.invoke({"n": 77})
    dayfly.invoke({"n": 78})
    findings = [line for line in dayfly.logs().splitlines() if is_finding(line)]
    assert len(findings) >= 2, "nothing was said about the process and the file that were left"
    assert not any("card" in line for line in findings)


@pytest.mark.parametrize(("handler", "event"), LOOKS)
def test_answers_and_logs_are_those_of_plain_awslambdaric(handler: str, event: object) -> None:
    seen = []
    for runtime in MODULES:
        with Rie(FUNCTIONS, handler, runtime=runtime, confined=True) as rie:
            body = level(rie.invoke(event).body.decode())
            log = rie.wait_for_log("REPORT RequestId")
            platform = ("START ", "END ", "REPORT ")
            lines = [
                level(line)
                for line in log.splitlines()
                if "(rapid)" not in line and not line.startswith(platform) and not is_ours(line)
            ]
            seen.append((_without_ids(body), [_without_ids(line) for line in lines if line]))
    assert seen[0][0]
    assert seen[1] == seen[0]


def _without_ids(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", text)
