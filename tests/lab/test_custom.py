"""Runtimes of the function's own: a shell with curl, a container image's entry point, and programs that cannot be started."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.lab.running import FUNCTIONS, basic, both_confinements, run, running_lab

from dayfly.lab import custom
from dayfly.lab.launch import Launch
from dayfly.lab.model import ConfinementChoice, FunctionConfig, ImageConfig, InvokeResult

needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("bash") is None, reason="needs curl and bash"
)


def _shell(**overrides: Any) -> FunctionConfig:
    values = {
        "folder": FUNCTIONS / "custom",
        "runtime": "provided.al2023",
        "handler": "function.handler",
    }
    return basic(**(values | overrides))


def _image(
    *entry_point: str, command: tuple[str, ...] = (), folder: str = "", **overrides: Any
) -> FunctionConfig:
    return basic(image=ImageConfig(entry_point, command, folder), **overrides)


def _answers(
    config: FunctionConfig, *events: object, confinement: ConfinementChoice = "none"
) -> tuple[list[InvokeResult], list[str]]:
    results: list[InvokeResult] = []
    lines: list[str] = []

    async def scenario() -> None:
        async with running_lab(confinement, config=config) as running:
            for event in events:
                results.append(await running.call(event))
            lines.extend(line.text for line in running.lines)

    run(scenario())
    return results, lines


@needs_curl
@both_confinements
def test_a_shell_with_curl_is_a_runtime(confinement: ConfinementChoice) -> None:
    results, lines = _answers(
        _shell(),
        {"n": 1},
        {"do": "fail"},
        {"do": "environ"},
        {"do": "exit"},
        {"n": 2},
        confinement=confinement,
    )
    first, failed, environ, killed, again = results
    assert json.loads(first.payload) == {"served": 1, "event": {"n": 1}}
    assert failed.function_error == "Unhandled"
    assert json.loads(failed.payload)["errorType"] == "Shell.Failed"
    seen = json.loads(environ.payload)
    assert (seen["execution"], seen["handler"]) == ("absent", "function.handler")
    if confinement == "bubblewrap":
        assert (seen["path"], seen["cwd"]) == (custom.PATH, "/var/task")
    assert json.loads(killed.payload)["errorMessage"].endswith("signal: killed")
    assert json.loads(again.payload)["served"] == 1
    assert lines[0].startswith("INIT_START Runtime Version: provided:al2023.v0\t")
    assert "served" in lines


@needs_curl
def test_a_runtimes_own_init_error_is_the_callers_and_the_logs() -> None:
    (result,), lines = _answers(_shell(handler="absent.handler"), {})
    assert json.loads(result.payload)["errorType"] == "Runtime.NoSuchHandler"
    phases = [line.partition("\t")[2] for line in lines if line.startswith("INIT_REPORT")]
    status = "Status: error\tError Type: Runtime.NoSuchHandler"
    assert phases == [f"Phase: init\t{status}", f"Phase: invoke\t{status}"]


@both_confinements
def test_an_image_has_its_entry_point_command_and_working_directory(confinement: ConfinementChoice) -> None:
    task = "/var/task" if confinement == "bubblewrap" else str(FUNCTIONS / "basic")
    config = _image(
        *(sys.executable, "-m", "awslambdaric"),
        command=("app.handler",),
        folder="/tmp",
        handler="ignored.handler",
        environment={"PYTHONPATH": task},
    )
    (facts, environ), _ = _answers(config, {"do": "facts"}, {"do": "environ"}, confinement=confinement)
    assert json.loads(facts.payload)["cwd"] == "/tmp"
    variables = json.loads(environ.payload)
    assert variables["_HANDLER"] == "app.handler"
    assert "AWS_EXECUTION_ENV" not in variables


def test_a_command_alone_names_the_handler_of_the_managed_runtime() -> None:
    (result,), _ = _answers(_image(command=("app.handler",), handler="ignored.handler"), {"n": 1})
    assert json.loads(result.payload)["echo"] == {"n": 1}


@both_confinements
def test_what_cannot_be_started_is_named_as_lambda_names_it(
    tmp_path: Path, confinement: ConfinementChoice
) -> None:
    tmp_path.chmod(0o755)
    empty = tmp_path / "empty"
    empty.mkdir()
    (result,), lines = _answers(_shell(folder=empty), {}, confinement=confinement)
    message = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    assert json.loads(result.payload) == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": f"RequestId: {result.request_id} Error: {message}",
    }
    assert any(line.endswith("Error Type: Runtime.InvalidEntrypoint") for line in lines)
    config = _image("/bin/sh", command=("-c", "exit 0"), folder="/nowhere")
    (result,), _ = _answers(config, {}, confinement=confinement)
    payload = json.loads(result.payload)
    assert payload["errorType"] == "Runtime.InvalidWorkingDir"
    assert payload["errorMessage"].endswith("Error: chdir /nowhere: no such file or directory")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOENT, "no such file or directory"),
        (errno.EACCES, "permission denied"),
        (errno.ENOEXEC, "exec format error"),
    ],
)
def test_the_words_are_the_emulators(number: int, text: str) -> None:
    # tests/lab/differential has the emulator say them.
    config = _image("/program")
    expected = ("Runtime.InvalidEntrypoint", f"fork/exec /program: {text}")
    assert custom.describe_refusal(config, Launch(("/program",), {}), "exec", number) == expected


def test_a_bootstrap_of_a_layer_is_found_when_the_function_has_none(tmp_path: Path) -> None:
    folder, opt = tmp_path / "task", tmp_path / "opt"
    folder.mkdir()
    opt.mkdir()
    script = opt / "bootstrap"
    script.write_text("#!/bin/sh\necho from the layer\nexit 4\n")
    script.chmod(0o755)
    (result,), lines = _answers(_shell(folder=folder, opt=opt), {})
    assert json.loads(result.payload)["errorMessage"].endswith("exit status 4")
    assert "from the layer" in lines
