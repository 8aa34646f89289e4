"""The handler that goes to a real account runs here under AWS's emulator, on every Python of this machine."""

from __future__ import annotations

import ast
import asyncio
import errno
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.doctor.answers_for_tests import RAPID
from tests.interpreters import environment_python, found_interpreters
from tests.lab.running import basic, needs_bubblewrap, running_lab
from tests.rie import Answer, Rie

from dayfly.cli.main import run
from dayfly.doctor import handler as probes
from dayfly.doctor.answers import PROBES, load
from dayfly.doctor.reading import Reading, conclude

SECRET = "hunter2-and-a-bit-more"
# Twice in one environment, each disturbing probe with a survey behind it, and clean at the end.
SEQUENCE = (
    "survey",
    "survey",
    "api_lock",
    "survey",
    "held_error",
    "survey",
    "exit_after_response",
    "survey",
    "clean",
    "survey",
)
STANDARD_LIBRARY = sys.stdlib_module_names


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a function with the file as the command writes it."""
    folder = tmp_path_factory.mktemp("function")
    assert run(["doctor", "--lambda", "--output", str(folder / "doctor_handler.py")]) == 0
    return folder


class Played:
    """The answers to SEQUENCE, as files and as the reader has them."""

    def __init__(self, folder: Path, raw: list[Answer], logs: str) -> None:
        self.folder = folder
        self.raw = raw
        self.logs = logs
        self.files = sorted(folder.glob("*.json"))

    def facts(self, at: int) -> Mapping[str, object]:
        found = json.loads(self.raw[at].body)["facts"]
        assert isinstance(found, dict)
        return found

    def before(self, at: int) -> Mapping[str, object]:
        found = self.facts(at)["before"]
        assert isinstance(found, dict)
        return found

    def reading(self) -> Reading:
        return conclude(load(self.files))


def _play(rie: Rie, folder: Path, *, wait: Callable[[], None]) -> Played:
    raw = []
    for number, probe in enumerate(SEQUENCE):
        # The default must work too: an empty event is a survey.
        answer = rie.invoke({} if number == 0 else {"probe": probe})
        (folder / f"{number}-{probe}.json").write_bytes(answer.body)
        raw.append(answer)
        if number == 0:
            wait()
    return Played(folder, raw, rie.logs())


@pytest.fixture(scope="module", params=found_interpreters(), ids=lambda found: found.version)
def plain(
    request: pytest.FixtureRequest, written: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """The handler under plain awslambdaric."""
    if confinement_here().kind == "none":
        # Unconfined it would name this machine's processes and leave its orphans there.
        pytest.skip(f"no environment of its own can be had here: {confinement_here().reason}")
    python = environment_python(request.param, awslambdaric=">=4,<5")
    environment = {"SECRET": SECRET, "AWS_EXECUTION_ENV": f"AWS_Lambda_python{request.param.version}"}
    folder = tmp_path_factory.mktemp("answers")
    with Rie(
        written,
        "doctor_handler.handler",
        runtime="plain",
        interpreter=python,
        environment=environment,
        confined=True,
    ) as rie:
        tree = rie.tree()

        def wait() -> None:
            # The orphans have shown life once their folder has beats: two more processes than before.
            end = time.monotonic() + 60
            while len(rie.tree()) < len(tree) + 3 and time.monotonic() < end:
                time.sleep(0.01)

        yield _play(rie, folder, wait=wait)


@pytest.mark.slow
def test_every_call_has_an_outcome(plain: Played) -> None:
    calls = plain.facts(0)["calls"]
    assert isinstance(calls, dict)
    assert set(calls) == {call.__name__ for call in probes.CALLS}
    for name, outcome in calls.items():
        assert outcome["works"] in (True, False, None), name
        assert outcome["works"] or outcome["why"], name
    # These work for anybody on a Linux of this century.
    for name in (
        "pidfd_open",
        "pidfd_send_signal",
        "memfd_create",
        "memfd_exec",
        "affinity",
        "process_limit",
    ):
        assert calls[name]["works"] is True, (name, calls[name])
    for name in ("prctl_set_dumpable", "memfd_exec_0111"):
        assert calls[name]["closes_memory"] is True, (name, calls[name])


@pytest.mark.slow
def test_the_first_invocation_meets_nothing_and_the_second_meets_the_firsts_orphans(plain: Played) -> None:
    assert plain.before(0) == {"seen": False}
    before = plain.before(1)
    assert (before["seen"], before["same_process"], before["same_memory"]) == (True, True, True)
    orphans = before["orphans"]
    assert isinstance(orphans, list)
    assert [(left["kind"], left["alive"], left["parent"]) for left in orphans] == [
        ("session", True, 1),
        ("group", True, 1),
    ]
    # The emulator's PID 1 does not reap, here no more than on its first day.
    assert before["zombie_still_there"] is True


@pytest.mark.slow
def test_the_held_response_keeps_others_out_and_arrives(plain: Played) -> None:
    facts = plain.facts(2)
    assert plain.raw[2].status == 200
    assert (facts["held"], facts["next_status"], facts["answered_by"]) == (True, 403, "the holder")
    assert plain.before(3)["later"] == {"finished": 202, "response_status": 403}
    assert plain.before(3)["same_process"] is True, "awslambdaric's loop went on"


@pytest.mark.slow
def test_an_error_under_a_held_response_arrives_as_an_error(plain: Played) -> None:
    assert plain.raw[4].error_type == "Function.DoctorHeldError"
    assert plain.before(5)["probe"] == "held_error"
    assert plain.before(5)["same_process"] is True


@pytest.mark.slow
def test_exiting_after_the_response_is_told_by_the_next_invocation(plain: Played) -> None:
    assert plain.facts(6) == {"status": 202, "exited": True, "runtime": "awslambdaric"}
    before = plain.before(7)
    assert (before["exited"], before["same_process"], before["same_memory"]) == (True, False, False)
    assert (before["same_boot"], before["same_init"]) == (True, True)


@pytest.mark.slow
def test_clean_leaves_nothing(plain: Played) -> None:
    assert plain.facts(8) == {"orphans_ended": 2, "markers_removed": True}
    assert plain.before(9) == {"seen": False}
    processes = plain.facts(9)["processes"]
    assert isinstance(processes, dict)
    living = [one["name"] for one in processes["shown"] if one["state"] != "Z"]
    assert len(living) == 2, f"PID 1 and the runtime, and nobody else: {living}"


@pytest.mark.slow
def test_answers_hold_no_secret(plain: Played) -> None:
    texts = [answer.body.decode() for answer in plain.raw]
    values = [SECRET, "ASIAEXAMPLE", "not-a-real", "/usr/local/bin:", "eu-central-1", "arn:", "AWS_Lambda_"]
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-")
    for text in texts:
        assert not [value for value in values if value in text]
        assert not uuid.search(text), "a request or boot id"
        assert len(text) < 10_000


@pytest.mark.slow
def test_its_answers_are_read_and_say_what_happened(plain: Played) -> None:
    reading = plain.reading()
    states = {one.name: one.state for one in reading.known}
    assert reading.platform == "emulator"
    assert states["response-held"] == states["next-refused"] == states["answer-refused"] == "yes"
    assert states["orphans-outlive-invocation"] == states["orphans-outlive-reset"] == "yes"
    assert states["orphans-reaped"] == "no"
    assert states["tmp-outlives-reset"] == states["environment-outlives-reset"] == "yes"
    assert states["scope"] == "yes"
    # What the invoker was told is not in the payload, and the emulator does not tell it.
    assert states["held-errors-stay-errors"] == "unknown"
    assert reading.choices == ()


@pytest.mark.slow
def test_under_dayfly_the_second_invocation_meets_nothing_of_the_first(written: Path, tmp_path: Path) -> None:
    if confinement_here().kind == "none":
        pytest.skip(f"no environment of its own can be had here: {confinement_here().reason}")
    with Rie(written, "doctor_handler.handler", runtime="dayfly", confined=True) as rie:
        played = _play(rie, tmp_path, wait=lambda: None)
    for at, probe in enumerate(SEQUENCE):
        assert played.raw[at].status == 200, (probe, played.raw[at])
        if probe == "survey":
            assert played.before(at) == {"seen": False}
            processes = played.facts(at)["processes"]
            assert isinstance(processes, dict)
            assert not [one for one in processes["shown"] if one["is_doctors"]]
    assert played.facts(2)["held"] is False
    assert played.facts(6)["exited"] is False
    reading = played.reading()
    states = {one.name: one.state for one in reading.known}
    assert states["under-dayfly"] == "yes"
    assert "response-held" not in states
    assert reading.choices == ()


@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version)
def test_the_file_compiles_on_every_python(interpreter: object, written: Path, tmp_path: Path) -> None:
    path = getattr(interpreter, "path", "")
    target = tmp_path / "doctor_handler.py"
    target.write_bytes((written / "doctor_handler.py").read_bytes())
    command = [path, "-W", "error", "-I", "-m", "py_compile", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@needs_bubblewrap
@pytest.mark.slow
def test_what_the_invoker_is_told_decides_about_the_lock(written: Path, tmp_path: Path) -> None:
    asyncio.run(_ask_the_lab(written, tmp_path))
    files = sorted(tmp_path.glob("*.json"))
    reading = conclude(load(files))
    states = {one.name: one.state for one in reading.known}
    assert states["held-errors-stay-errors"] == "yes"
    assert states["exit-is-flagged"] == "no"
    assert reading.choices == (), "the lab is not Lambda"
    # The very same answers, had Lambda's PID 1 given them.
    init = json.loads((tmp_path / "0-survey.json").read_text())["init"]
    for path in files:
        path.write_text(path.read_text().replace(init, RAPID))
    reading = conclude(load(files))
    assert reading.platform == "lambda"
    assert [(one.name, one.value) for one in reading.choices] == [("api_lock", "on")]


async def _ask_the_lab(function: Path, folder: Path) -> None:
    config = basic(folder=function, handler="doctor_handler.handler", timeout_s=60.0)
    async with running_lab("bubblewrap", config=config) as running:
        for number, probe in enumerate(SEQUENCE):
            result = await running.call({"probe": probe})
            printed: dict[str, object] = {"StatusCode": 200}
            if result.function_error is not None:
                printed |= {"FunctionError": result.function_error}
            (folder / f"{number}-{probe}.json").write_bytes(result.payload)
            (folder / f"{number}-{probe}.invoke.json").write_text(json.dumps(printed))


def test_the_file_needs_nothing_but_the_standard_library(written: Path) -> None:
    tree = ast.parse((written / "doctor_handler.py").read_text(), feature_version=(3, 11))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert len(imported) > 10
    assert imported <= STANDARD_LIBRARY | {"__future__"}


class _Context:
    """Lambda's context outside of awslambdaric."""

    aws_request_id = "none"

    def __init__(self, remaining_ms: int = 60_000) -> None:
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining_ms


def test_too_short_a_timeout_is_told_before_anything_is_tried() -> None:
    with pytest.raises(TimeoutError, match="timeout to 60 seconds"):
        probes.handler({}, _Context(3_000))


def test_a_probe_that_is_none_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown probe 'x'.*api_lock"):
        probes.handler({"probe": "x"}, _Context())


@pytest.mark.parametrize("probe", ["api_lock", "held_error", "exit_after_response"])
def test_without_a_runtime_api_the_probes_say_so(probe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)
    found = probes.handler({"probe": probe}, _Context())
    assert found["facts"] == {"obstacle": "AWS_LAMBDA_RUNTIME_API is not set"}


def test_a_probe_that_hangs_is_ended_and_reads_as_unknown() -> None:
    def hang() -> probes.Facts:
        while True:
            signal.pause()

    outcome = probes.in_child(hang, limit_s=0.2)
    assert outcome == probes.unknown("no answer in 0.2 s")


def _misses() -> probes.Facts:
    raise KeyError("x")


def _is_refused() -> probes.Facts:
    raise PermissionError(errno.EPERM, "no")


def _is_killed() -> probes.Facts:
    os.kill(os.getpid(), signal.SIGSYS)
    return probes.yes()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda: probes.yes(), {"works": True, "why": ""}),
        (_is_refused, {"works": False, "why": "EPERM"}),
        (_misses, {"works": None, "why": "KeyError"}),
        (_is_killed, {"works": False, "why": "killed by SIGSYS"}),
    ],
    ids=["works", "errno", "fault", "a filter that kills"],
)
def test_what_a_probe_does_to_itself_is_its_outcome(
    act: Callable[[], probes.Facts], expected: probes.Facts
) -> None:
    assert probes.in_child(act) == expected


def test_a_marker_folder_of_somebody_else_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "dayfly-doctor").symlink_to(elsewhere)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    probes.save("state", {"a": 1})
    assert list(elsewhere.iterdir()) == []
    probes.clean()
    assert elsewhere.is_dir()


def test_the_page_has_every_probe_and_the_way_to_run_them() -> None:
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
    assert len(PROBES) == 5
    assert [probe for probe in PROBES if f"`{probe}`" not in page] == []
    assert f"tries {len(probes.CALLS)} system calls" in page
    for words in (
        "dayfly doctor --lambda",
        "create-function",
        "aws lambda invoke",
        "--read",
        "has run on AWS yet",
    ):
        assert words in page


@pytest.mark.slow
def test_without_the_lock_the_answers_still_tell_that_dayfly_was_there(written: Path, tmp_path: Path) -> None:
    with Rie(
        written,
        "doctor_handler.handler",
        runtime="dayfly",
        confined=True,
        environment={"DAYFLY_API_LOCK": "off"},
    ) as rie:
        for probe in ("api_lock", "held_error", "exit_after_response", "clean"):
            (tmp_path / f"{probe}.json").write_bytes(rie.invoke({"probe": probe}).body)
    reading = conclude(load(sorted(tmp_path.glob("*.json"))))
    names = {one.name for one in reading.known}
    assert "under-dayfly" in names
    assert not names & {"response-held", "held-errors-stay-errors", "exit-is-flagged"}


_EPERM_LIKE_LAMBDA = {
    "prctl": 157,
    "ptrace": 101,
    "seccomp": 317,
    "unshare": 272,
    "mount": 165,
    "process_vm_readv": 310,
}
_KILLED = {"memfd_create": 319}
_FILTERED = """
import ctypes, os, struct, sys
refused, killed = eval(sys.argv[1]), eval(sys.argv[2])
rules = [(0x20, 0, 0, 0)]
for numbers, action in ((refused, 0x00050001), (killed, 0x80000000)):
    for number in numbers:
        rules += [(0x15, 0, 1, number), (0x06, 0, 0, action)]
rules.append((0x06, 0, 0, 0x7FFF0000))
text = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *rule) for rule in rules))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc = ctypes.CDLL(None)
zero = ctypes.c_ulong(0)
assert libc.prctl(38, ctypes.c_ulong(1), zero, zero, zero) == 0
assert libc.prctl(22, ctypes.c_ulong(2), ctypes.byref(Program(len(rules), ctypes.addressof(text))), zero, zero) == 0
os.execv(sys.executable, [sys.executable, "-I", sys.argv[3]])
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of system calls are x86-64's")
def test_it_lives_where_lambda_refuses_and_where_a_filter_kills(written: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _FILTERED,
            repr(list(_EPERM_LIKE_LAMBDA.values())),
            repr(list(_KILLED.values())),
            str(written / "doctor_handler.py"),
        ],
        capture_output=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    calls = json.loads(done.stdout)["facts"]["calls"]
    refused = [name for name in calls if name.startswith(("prctl_", "ptrace_"))]
    refused += ["process_vm_readv", "user_namespace", "own_ipc", "own_pids", "own_network", "private_tmp"]
    assert len(refused) > 10
    for name in refused:
        assert (calls[name]["works"], calls[name]["why"]) == (False, "EPERM"), name
    assert calls["seccomp_filter"]["why"] == "prctl: EPERM, seccomp: EPERM"
    for name in ("memfd_create", "memfd_exec", "memfd_exec_0111"):
        assert calls[name] == {"works": False, "why": "killed by SIGSYS"}
    assert calls["pidfd_open"]["works"] is True
    assert calls["kill_on_hangup"]["works"] is True
