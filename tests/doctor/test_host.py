"""The doctor looks at this very machine: what it says is what a second look finds too."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.unprivileged import as_user

from dayfly.core.settings import FILE_NAME
from dayfly.doctor.host import observe_host, scope_here, survey_host, tools
from dayfly.doctor.rows import Survey, defences
from dayfly.errors import SettingError


@pytest.fixture(scope="module")
def here() -> Survey:
    return survey_host()


def test_every_probe_ends_with_yes_no_or_a_reason(here: Survey) -> None:
    assert len(here.calls) > 30
    for name in here.calls:
        state, why = here.works(name)
        assert state == "yes" or why, name


def test_what_it_says_of_the_host_is_true(here: Survey) -> None:
    assert here.text("kernel") == os.uname().release
    assert here.number("uid") == os.getuid()
    assert here.text("pid_namespace") == os.readlink("/proc/self/ns/pid")
    assert here.number("cpus_allowed") == len(os.sched_getaffinity(0))


def test_nothing_sticks() -> None:
    before = _visible()
    survey_host()
    assert _visible() == before


def _visible() -> tuple[object, ...]:
    import resource

    return (
        os.sched_getaffinity(0),
        os.sched_getscheduler(0),
        resource.getrlimit(resource.RLIMIT_NPROC),
        Path("/proc/self/comm").read_text(),
        [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(("NoNew", "Seccomp"))],
        os.readlink("/proc/self/ns/user"),
        os.path.exists("/tmp/dayfly-doctor-mount"),
        os.path.exists("/tmp/dayfly-doctor"),
    )  # fmt: skip


def test_memory_that_can_be_opened_here_is_not_called_closed(here: Survey) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR))
        except OSError:
            os._exit(1)
        os._exit(0)
    opens = os.waitpid(pid, 0)[1] == 0
    row = {row.name: row for row in defences(here, here.scope())}["supervisor-memory"]
    if opens:
        assert row.active == "no"
    else:
        assert "/proc/PID/mem" not in row.reason


def test_an_unprivileged_user_learns_more() -> None:
    if "/root/" in sys.executable and os.geteuid() == 0:
        pytest.skip("another user may not enter this interpreter's folder")
    found = as_user(lambda: survey_host().calls)
    seen = Survey({}, found)
    # Neither limit nor closed memory ever binds root; whoever runs a function is bound.
    assert seen.works("process_limit")[0] == "yes"
    assert seen.works("prctl_set_dumpable")[0] in ("yes", "no")
    if seen.works("prctl_set_dumpable")[0] == "yes":
        assert seen.detail("prctl_set_dumpable", "closes_memory") == "yes"


def test_the_scope_is_the_one_a_function_would_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert scope_here({"DAYFLY_SCOPE": "descendants"}).reason == "as configured"
    (tmp_path / FILE_NAME).write_text('scope = "descendants"\n')
    assert scope_here({}).scope == "descendants"
    (tmp_path / FILE_NAME).write_text('scope = "galaxy"\n')
    with pytest.raises(SettingError):
        scope_here({})


def test_tools_are_run_and_not_only_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho no namespaces for you >&2\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = {row.name: row for row in tools()}
    assert rows["bubblewrap"].active == "no"
    assert "no namespaces for you" in rows["bubblewrap"].reason
    assert (rows["uv"].active, rows["uv"].reason) == ("no", "not on PATH")
    assert rows["awslambdaric"].active == "yes"
    assert rows["python"].active == "yes"
    assert rows["supervisor"].active == "yes"


def test_the_host_is_observed_as_it_is() -> None:
    facts = observe_host()
    assert facts.parent_pid == os.getppid()
    assert facts.pid_namespace == os.readlink("/proc/self/ns/pid")
    assert facts.init_command == Path("/proc/1/cmdline").read_text().split("\0")[0]
