"""A handler finds itself in the same process surroundings: arguments, paths, environment, streams, signals."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.conftest import StartPair
from tests.rie import MODULES
from tests.runtimes import RuntimeProcess

# Ports differ; the two others exist outside an environment of our own only (scope "descendants").
EXPECTED_DIFFERENCES = {"AWS_LAMBDA_RUNTIME_API", "TMPDIR", "_DAYFLY_MARK"}
SAME = [
    "path",
    "cwd",
    "executable",
    "flags",
    "main_attributes",
    "streams",
    "encodings",
    "buffering",
    "umask",
    "recursion",
    "handlers",
    "signals",
]


def _views(start_pair: StartPair) -> tuple[dict[str, object], dict[str, object]]:
    plain, dayfly = start_pair("view.process").look({})
    assert isinstance(plain.payload, dict)
    assert isinstance(dayfly.payload, dict)
    return plain.payload, dayfly.payload


@pytest.mark.parametrize("what", SAME)
def test_the_process_looks_the_same(start_pair: StartPair, what: str) -> None:
    plain, dayfly = _views(start_pair)
    if what == "main_attributes":
        # __main__ is the module that was started with -m, so its contents are its own.
        names = dayfly[what]
        assert isinstance(names, list)
        assert "handler" not in names
        return
    assert dayfly[what] == plain[what]


def test_the_arguments_are_those_of_the_module_that_was_started(start_pair: StartPair) -> None:
    plain, dayfly = _views(start_pair)
    assert isinstance(plain["argv"], list)
    assert isinstance(dayfly["argv"], list)
    assert dayfly["argv"][1:] == plain["argv"][1:] == ["view.process"]
    assert Path(dayfly["argv"][0]).name == Path(plain["argv"][0]).name == "__main__.py"


def test_main_is_called_main(start_pair: StartPair) -> None:
    plain, dayfly = _views(start_pair)
    assert plain["main"] == ["__main__", "awslambdaric"]
    assert dayfly["main"] == ["__main__", "dayfly.runtime"]


def test_the_environment_variables_are_the_same(start_pair: StartPair) -> None:
    plain, dayfly = _views(start_pair)
    assert isinstance(plain["environ"], dict)
    assert isinstance(dayfly["environ"], dict)
    differing = {
        name
        for name in plain["environ"].keys() | dayfly["environ"].keys()
        if plain["environ"].get(name) != dayfly["environ"].get(name)
    }
    assert differing <= EXPECTED_DIFFERENCES
    assert dayfly["environ"]["_X_AMZN_TRACE_ID"].startswith("Root=")


def test_the_telemetry_descriptor_is_taken_out_of_the_environment(start_pair: StartPair) -> None:
    for seen in start_pair("view.process", telemetry=True).look({}):
        assert isinstance(seen.payload, dict)
        assert "_LAMBDA_TELEMETRY_LOG_FD" not in seen.payload["environ"]


# Beside its own the guard loads these: to look into archives, to find texts, to watch what changes in memory.
GUARDS = {"zlib", "bisect", "_bisect", "ctypes", "_ctypes"}


@pytest.mark.parametrize("guard", ["off", "observe"])
def test_modules_that_the_handler_sees_differ_by_dayflys_own_only(tmp_path: Path, guard: str) -> None:
    (tmp_path / "app.py").write_text(
        "import sys\ndef handler(event, context):\n    return sorted(sys.modules)\n"
    )
    modules: list[set[str]] = []
    for runtime in MODULES:
        # Without the filter of system calls, which Lambda refuses and which takes ctypes.
        variables = {"DAYFLY_CONFINE": "off", "DAYFLY_GUARD": guard}
        with RuntimeProcess(tmp_path, "app.handler", runtime=runtime, environment=variables) as process:
            payload = process.invoke({}).payload
        assert isinstance(payload, list)
        modules.append(set(payload))
    plain, dayfly = modules
    # The C++ client and the module that finds its address are not needed: the supervisor talks to the platform.
    assert plain - dayfly <= {"runtime_client", "awslambdaric.lambda_config"}
    added = {name.split(".")[0] for name in dayfly - plain}
    assert "typing" not in added
    added -= GUARDS if guard == "observe" else set()
    assert not added & {"dataclasses", "inspect", "ssl", "socket", "subprocess", "ctypes"}
