"""Confinement holds where it is announced, and its absence is announced where it is not."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import venv
from pathlib import Path

import pytest
from tests.lab.running import FUNCTIONS, basic, needs_bubblewrap, run, running_lab

from dayfly.lab.confinement import Confinement
from dayfly.lab.model import LabError, RuntimeKind


@needs_bubblewrap
def test_an_environment_is_apart_from_this_machine() -> None:
    async def scenario() -> None:
        async with running_lab("bubblewrap") as running:
            await running.lab.add_function(basic(name="g"))
            await running.ask("write", name="mine")
            facts = await running.ask("facts")
            assert facts["uid"] not in (0, os.getuid())
            assert facts["writable"] == []
            assert facts["processes"] == [1, facts["pid"]]
            assert facts["ppid"] == 1
            assert facts["cwd"] == "/var/task"
            assert facts["hostname"].startswith("169-254-")
            assert "shm" not in facts["dev"]
            assert {"null", "urandom"} <= set(facts["dev"])
            assert facts["nofile"] == [1024, 1024]
            assert facts["nproc"] == [742, 742]
            other = await running.lab.invoke("g", b'{"do": "exists", "name": "mine"}')
            assert b'"exists": false' in other.payload
            assert not Path("/tmp/mine").exists()

    run(scenario())


@needs_bubblewrap
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give each environment a uid of its own")
def test_no_two_environments_had_the_same_uid_whether_they_live_or_not() -> None:
    """What the kernel keeps by user, keys above all, outlives the environment."""

    found: list[int] = []

    async def scenario() -> None:
        async with running_lab("bubblewrap") as running:
            await running.lab.add_function(basic(name="g"))
            found.append((await running.ask("facts"))["uid"])
            beside = await running.lab.invoke("g", b'{"do": "facts"}')
            found.append(json.loads(beside.payload)["uid"])
            assert await running.lab.recycle("f") == 1
            found.append((await running.ask("facts"))["uid"])

    for _ in range(2):
        run(scenario())
    assert len(set(found)) == 6, found


@needs_bubblewrap
def test_code_only_its_owner_can_read_runs_and_stays_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    (folder / "app.py").write_text("def handler(event, context):\n    return __file__\n")
    (folder / "app.py").chmod(0o600)

    async def scenario() -> None:
        async with running_lab("bubblewrap", config=basic(folder=folder)) as running:
            assert (await running.call()).payload == b'"/var/task/app.py"'

    run(scenario())
    assert (folder / "app.py").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_both_runtimes_serve_without_confinement_from_a_private_folder(runtime: str) -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic(runtime=runtime)) as running:
            environ = await running.ask("environ")
            assert environ["TMPDIR"].startswith("/tmp/")
            assert "DAYFLY_SCOPE" not in environ
            assert environ["LAMBDA_TASK_ROOT"] == str(FUNCTIONS / "basic")

    run(scenario())


@needs_bubblewrap
def test_dayfly_serves_every_event_from_a_fresh_worker_and_empties_tmp() -> None:
    async def scenario() -> None:
        async with running_lab("bubblewrap", config=basic(runtime="dayfly")) as running:
            await running.ask("write", name="note")
            assert await running.ask("exists", name="note") == {"exists": False, "served": 1}
            assert running.kinds().count("cold_start") == 1
            crash = await running.call({"do": "exit", "code": 3})
            assert b"Runtime.ExitError" in crash.payload
            assert crash.function_error == "Unhandled"
            failed = await running.call({"do": "raise"})
            assert b"ValueError" in failed.payload
            assert failed.function_error == "Unhandled"
            assert running.kinds().count("reset") == 0

    run(scenario())


def test_bubblewrap_by_name_is_an_error_where_it_is_absent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="no bwrap on PATH") as refusal:
        Confinement("bubblewrap", freezing="x")
    assert "bubblewrap" in refusal.value.hint


@pytest.mark.parametrize("script", [None, "#!/bin/sh\necho 'No permissions to create' >&2; exit 1\n"])
def test_auto_announces_why_there_is_no_confinement(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None
) -> None:
    if script is not None:
        (tmp_path / "bwrap").write_text(script)
        (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    confinement = Confinement("auto", freezing="x")
    assert not confinement.is_confined
    assert confinement.report.kind == "none"
    expected = "no bwrap on PATH" if script is None else "No permissions to create"
    assert expected in confinement.report.reason
    assert any("as your user" in item for item in confinement.report.absent)


@needs_bubblewrap
@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_an_interpreter_in_tmp_is_not_hidden_by_the_private_tmp(runtime: RuntimeKind) -> None:
    async def scenario(python: Path) -> None:
        async with running_lab("bubblewrap", config=basic(python=python, runtime=runtime)) as running:
            facts = await running.ask("facts")
            assert facts["cwd"] == "/var/task"

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        # Others have to reach it, as they reach a checkout.
        Path(folder).chmod(0o755)
        venv.create(folder, symlinks=True)
        (site,) = Path(folder).glob("lib/python*/site-packages")
        (site / "borrowed.pth").write_text(
            "\n".join(path for path in sys.path if "site-packages" in path) + "\n"
        )
        run(scenario(Path(folder) / "bin" / "python"))
