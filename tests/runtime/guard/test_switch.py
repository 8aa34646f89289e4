"""audit.so in each supported interpreter of this machine: which events reach the judge, and what is told without it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from native.build import LANGUAGE, NATIVE
from tests.interpreters import Interpreter, found_interpreters
from tests.native.compiled import find_gcc
from tests.rie import ROOT

import dayfly
from dayfly.runtime.guard.switch import make_switch

PROGRAM = """
import os, socket, sys
from dayfly.runtime.guard.switch import make_switch

class Denied(BaseException):
    pass

heard = []

def judge(event, arguments):
    heard.append(event)
    if arguments == ("deny",):
        raise Denied

def handle(act):
    act()

def denied(act):
    try:
        act()
    except Denied as error:
        return error
    return None

def outermost():
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code

switch, limit = make_switch()
assert switch.is_native, limit
switch.install(judge, (("test.active", 1), ("test.always", 7), ("object.__setattr__", 1), ("object.__delattr__", 0)), (Denied,), 0)
sys.audit("test.active", 1)
sys.audit("test.always", 1)
sys.audit("test.other", 1)
assert heard == ["test.always"], heard
ours, theirs = socket.socketpair()
table, state = {"judge": 1}, {"seen": 0}

def own():
    state["seen"] += 1

switch.seal(((table, "table", 0), (state, "state", 2)), (judge,), (own.__code__,), handle.__code__, outermost())
print(STEP)
"""
NONCE = b"n" * 16


def run(interpreter: Interpreter, step: str) -> str:
    done = subprocess.run(
        [interpreter.path, "-c", PROGRAM.replace("print(STEP)", step)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


each = pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda one: one.version)


def test_it_is_compiled_by_another_compiler(tmp_path: Path) -> None:
    sources = [str(path) for path in sorted((NATIVE / "audit").glob("*.c"))]
    flags = [
        *LANGUAGE,
        "-Wconversion",
        "-shared",
        "-fPIC",
        "-ffreestanding",
        "-o",
        str(tmp_path / "audit.so"),
    ]
    subprocess.run([find_gcc(), *sources, *flags], check=True, timeout=120)


def test_where_it_is_missing_the_hook_is_pythons_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dayfly, "__path__", [str(tmp_path / "python" / "dayfly")])
    switch, limit = make_switch()
    assert not switch.is_native
    assert "audit.so is missing" in limit


@each
@pytest.mark.parametrize(("value", "event"), [("(1, 2)", ["object.__setattr__"]), ("None", [])])
def test_events_reach_the_judge_while_one_is_served(
    interpreter: Interpreter, value: str, event: list[str]
) -> None:
    step = """
assert switch.begin(-1, b"", "", 0) and switch.is_active()
sys.audit("test.active", 1)
heard.clear()
judge.anything = 1
assert heard == [], heard
PROBE
assert switch.changed() == "dayfly.runtime.guard.__code__"
assert switch.end() and not switch.is_active()
heard.clear()
sys.audit("test.active", 1)
print(heard)"""
    probe = f"judge.__defaults__ = {value}; assert heard == {event}, heard"
    assert run(interpreter, step.replace("PROBE", probe)) == "[]"


@each
def test_a_refusal_leads_to_no_frame_of_the_judges(interpreter: Interpreter) -> None:
    step = """
switch.begin(-1, b"", "", 0)
error = denied(lambda: sys.audit("test.active", "deny"))
trace, names = error.__traceback__, []
while trace is not None:
    names.append(trace.tb_frame.f_code.co_name)
    trace = trace.tb_next
print(names, error.__context__)"""
    assert run(interpreter, step) == "['denied', '<lambda>'] None"


@each
@pytest.mark.parametrize("blocks", [0, 1])
def test_a_change_that_is_undone_is_told_and_ends_what_is_judged_under_block(
    interpreter: Interpreter, blocks: int
) -> None:
    step = f"""
switch.begin(theirs.fileno(), b"n" * 16, "request-1", {blocks})
before = table["judge"]
table["judge"] = None
table["judge"] = before
error = denied(lambda: sys.audit("test.active", 1))
assert switch.changed().startswith("table"), switch.changed()
assert switch.has_told()
print(type(error).__name__, ours.recv(4096))"""
    said = run(interpreter, step)
    place = "table" if interpreter.version == "3.11" else "table.judge"
    if not blocks:
        assert said.startswith("NoneType")
        assert f"Gobserved|runtime.patched||{place}|\\n" in said
        assert "errorMessage" not in said
        return
    assert said.startswith("Denied")
    assert NONCE.decode() in said
    assert f"Grefused|runtime.patched||{place}|\\n" in said
    assert '"requestId":"request-1"' in said


@each
def test_the_handler_ends_no_event_and_begins_none(interpreter: Interpreter) -> None:
    step = """
import threading
switch.begin(-1, b"", "", 0)
ended = []
handle(lambda: ended.append(switch.end()))
handle(lambda: ended.append(switch.begin(-1, b"", "", 0)))
thread = threading.Thread(target=lambda: ended.append(switch.end()))
thread.start()
thread.join()
print(ended, switch.is_active(), switch.changed(), switch.end())"""
    expected = "[False, False, False] True dayfly.runtime.guard.guarding.Guard.end True"
    assert run(interpreter, step) == expected


@each
def test_state_is_changed_by_the_judges_own_code_alone(interpreter: Interpreter) -> None:
    step = """
switch.begin(-1, b"", "", 0)
own()
assert switch.changed() == "", switch.changed()
state["seen"] = 0
print(switch.changed())"""
    # 3.11 calls nobody back when a dictionary changes.
    assert run(interpreter, step) == ("" if interpreter.version == "3.11" else "state.seen")


@each
def test_hook_and_seal_are_given_once(interpreter: Interpreter) -> None:
    step = """
for again in (lambda: switch.install(judge, (), (), 0), lambda: switch.seal((), (), (), None, None)):
    try:
        again()
    except RuntimeError as error:
        print(error)"""
    assert run(interpreter, step) == "the hook is installed\nthe guard is sealed"
