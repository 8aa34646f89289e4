"""A function sees Lambda's variables, and Dayfly's only where they are true."""

from __future__ import annotations

from pathlib import Path

from tests.lab.running import basic

from dayfly.lab.confinement import Place
from dayfly.lab.interpreter import Interpreter
from dayfly.lab.launch import Launch
from dayfly.lab.variables import list_extensions, plan_extension, plan_runtime

_CONFINED = Place(("bwrap",), 1234, "/var/task", "/var/lab/package", "/var/lab/init.py", None)
_BARE = Place((), -1, "/home/me/code", "/home/me/src", "/home/me/init.py", Path("/tmp/private"))
_PYTHON = Interpreter(Path("/usr/bin/python3"), (3, 13), (), Path("/x/awslambdaric"), Path("/x/dayfly"))


def _plan(place: Place, **overrides: object) -> Launch:
    return plan_runtime(
        basic(**overrides), _PYTHON, place, api_address="127.0.0.1:9", log_stream="2026/01/01/[$LATEST]abc"
    )


def test_the_variables_are_lambdas() -> None:
    plan = _plan(_CONFINED, environment={"TABLE": "cards"}, memory_mb=256)
    variables = plan.environment
    assert plan.argv == ("/bin/sh", "/var/runtime/bootstrap")
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9"
    assert variables["LAMBDA_TASK_ROOT"] == variables["PWD"] == "/var/task"
    assert variables["_HANDLER"] == "app.handler"
    assert variables["_LAMBDA_TELEMETRY_LOG_FD"] == "62"
    assert variables["TZ"] == ":UTC"
    assert variables["TABLE"] == "cards"
    assert "HOME" not in variables
    assert "TMPDIR" not in variables
    assert "DAYFLY_SCOPE" not in variables
    assert "AWS_LAMBDA_LOG_FORMAT" not in variables


def test_dayfly_is_told_that_the_environment_is_its_own_only_where_it_is() -> None:
    confined = _plan(_CONFINED, runtime="dayfly")
    assert confined.argv[2] == "dayfly.runtime"
    assert confined.environment["DAYFLY_SCOPE"] == "environment"
    assert confined.environment["DAYFLY_API_LOCK"] == "on"
    bare = _plan(_BARE, runtime="dayfly")
    assert "DAYFLY_SCOPE" not in bare.environment
    assert bare.environment["TMPDIR"] == "/tmp/private"
    own = _plan(_CONFINED, runtime="dayfly", environment={"DAYFLY_SCOPE": "descendants"})
    assert own.environment["DAYFLY_SCOPE"] == "descendants"


def test_an_exec_wrapper_gets_the_interpreter_and_its_arguments() -> None:
    plan = _plan(_BARE, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/mine/wrap"})
    assert plan.argv == ("/mine/wrap", "/usr/bin/python3", "-m", "awslambdaric", "app.handler")
    layered = _plan(_BARE, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}, opt=Path("/layers"))
    assert layered.argv[0] == layered.environment["AWS_LAMBDA_EXEC_WRAPPER"] == "/layers/wrap"


def test_confined_a_wrapper_is_called_by_the_images_bootstrap() -> None:
    plan = _plan(_CONFINED, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"})
    assert plan.argv == ("/bin/sh", "/var/runtime/bootstrap")
    assert plan.environment["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/wrap"
    assert plan.environment["DAYFLY_SCOPE"] == "environment"
    assert "PYTHONPATH" not in plan.environment
    plain = _plan(_CONFINED, opt=Path("/layers"))
    assert "DAYFLY_SCOPE" not in plain.environment
    dayfly = _plan(_CONFINED, runtime="dayfly", opt=Path("/layers"))
    assert dayfly.argv[1:3] == ("-m", "dayfly.runtime")
    assert "/opt/python" in dayfly.environment["PYTHONPATH"].split(":")


def test_an_extension_sees_none_of_the_runtimes_own_variables(tmp_path: Path) -> None:
    (tmp_path / "spy").write_text("#!/bin/sh\n")
    (tmp_path / "folder").mkdir()
    assert list_extensions(tmp_path) == {"spy"}
    assert list_extensions(None) == frozenset()
    own = {"AWS_XRAY_CONTEXT_MISSING": "IGNORE_ERROR", "TABLE": "cards"}
    plan = plan_extension(
        "spy",
        basic(extensions=tmp_path, environment=own),
        _PYTHON,
        _CONFINED,
        api_address="a:1",
        log_stream="s",
    )
    assert plan.argv == ("/opt/extensions/spy",)
    assert not any(key.startswith("_") for key in plan.environment)
    assert plan.environment["AWS_LAMBDA_RUNTIME_API"] == "a:1"
    assert plan.environment["TABLE"] == "cards"
    # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    for name in (
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    ):
        assert name not in plan.environment
