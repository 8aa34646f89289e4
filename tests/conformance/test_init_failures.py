"""A function that cannot be initialised fails with the payload, log and exit status of plain awslambdaric."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.rie import MODULES, Rie, Runtime
from tests.runtimes import RuntimeProcess, is_ours, level

REPORTED: dict[str, tuple[str, str]] = {
    "missing module": ("app.handler", "import no_such_module_anywhere"),
    "import error inside": ("app.handler", "from json import no_such_name"),
    "syntax error": ("app.handler", "def handler(event, context)\n    return 1\n"),
    "indentation error": ("app.handler", "def f():\n\t1\n        2\n"),
    "syntax error below": ("app.handler", "import broken"),
    "null byte": ("app.handler", "x = 1\0"),
    "no such handler": ("app.no_handler", "def handler(event, context): ..."),
    "no such file": ("other.handler", ""),
    "no dot in the name": ("handler", ""),
    "empty name": ("", ""),
    "built-in module": ("sys.exit", ""),
    "slash in the name": ("below/app.no_handler", ""),
    "nested": ("below.app.no_handler", ""),
    "exception": ("app.handler", "def f():\n    raise ValueError('at import ☃')\nf()\n"),
    "exception without text": ("app.handler", "raise RuntimeError"),
    "exception below": ("app.handler", "import failing\n"),
    "prints first": ("app.handler", "print('printed'); import logging; logging.error('logged'); 1/0"),
    "recursion": ("app.handler", "raise RecursionError('deep')"),
}
ENDED: dict[str, str] = {
    "sys.exit()": "import sys; sys.exit()",
    "sys.exit(0)": "import sys; print('bye'); sys.exit(0)",
    "sys.exit(3)": "import sys; sys.exit(3)",
    "sys.exit(text)": "import sys; sys.exit('a reason')",
    "os._exit(0)": "import os; os._exit(0)",
    "os._exit(4)": "import os; os._exit(4)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "aborted": "import os; os.abort()",
    "keyboard interrupt": "raise KeyboardInterrupt('at import')",
    "own BaseException": "class Stop(BaseException): ...\nraise Stop('at import')",
}


@dataclass(frozen=True)
class Failure:
    """How a failed init looked from outside."""

    status: int
    error_type_header: str
    payload: object
    output: str


def _write(folder: Path, source: str) -> Path:
    (folder / "below").mkdir()
    (folder / "app.py").write_text(source)
    (folder / "below" / "app.py").write_text("def handler(event, context): ...\n")
    (folder / "broken.py").write_text("class :\n")
    (folder / "failing.py").write_text("def g():\n    raise LookupError('below')\ng()\n")
    return folder


def _fail(folder: Path, handler: str, runtime: Runtime, environment: dict[str, str]) -> Failure:
    with RuntimeProcess(folder, handler, runtime=runtime, environment=environment) as process:
        status = process.wait_exit()
        reported = process.api.init_errors
        return Failure(
            status,
            reported[0].head.get("Lambda-Runtime-Function-Error-Type") if reported else "",
            json.loads(reported[0].body) if reported else None,
            process.new_output(),
        )


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("case", REPORTED)
def test_an_init_error_is_reported_as_by_plain_awslambdaric(
    tmp_path: Path, case: str, log_format: str
) -> None:
    handler, source = REPORTED[case]
    folder = _write(tmp_path, source)
    environment = {"AWS_LAMBDA_LOG_FORMAT": log_format}
    plain = _fail(folder, handler, "plain", environment)
    dayfly = _fail(folder, handler, "dayfly", environment)
    assert plain.status == 1
    assert plain.error_type_header
    assert dayfly == plain


def _own_frames_removed(output: str) -> str:
    """A traceback on standard error without the frames of either runtime: they differ by nature."""
    kept, skipping = [], False
    for line in output.splitlines():
        if line.startswith('  File "'):
            skipping = any(part in line for part in ("/dayfly/", "/awslambdaric/", "<frozen ", "importlib"))
        elif not line.startswith("    "):
            skipping = False
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


@pytest.mark.parametrize("case", ENDED)
def test_a_process_that_ends_during_init_ends_the_same_way(tmp_path: Path, case: str) -> None:
    """The exit status is what Lambda turns into `Runtime exited with error: …`; frames of our own may differ."""
    folder = _write(tmp_path, ENDED[case])
    plain = _fail(folder, "app.handler", "plain", {})
    dayfly = _fail(folder, "app.handler", "dayfly", {})
    assert dayfly.status == plain.status
    assert (dayfly.error_type_header, dayfly.payload) == (plain.error_type_header, plain.payload)
    assert _own_frames_removed(dayfly.output) == _own_frames_removed(plain.output)


def test_a_start_without_a_handler_ends_with_an_error_that_says_so(tmp_path: Path) -> None:
    ends = [
        subprocess.run(
            [sys.executable, "-m", module],
            cwd=tmp_path,
            env={"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"},
            capture_output=True,
            timeout=60,
        )
        for module in MODULES.values()
    ]
    # awslambdaric shows a traceback and exits with 1; Dayfly says what to do and exits with 2.
    assert [end.returncode for end in ends] == [1, 2]
    assert all(b"handler" in end.stderr.lower() for end in ends)


@pytest.mark.parametrize("case", ["exception", "syntax error", "missing module"])
def test_the_invoker_gets_the_same_payload_under_awss_emulator(tmp_path: Path, case: str) -> None:
    handler, source = REPORTED[case]
    folder = _write(tmp_path, source)
    bodies, logs = [], []
    for runtime in MODULES:
        with Rie(folder, handler, runtime=runtime) as rie:
            bodies.append([rie.invoke({}).payload for _ in range(2)])
            logs.append(_functions_lines(rie.logs()))
    assert bodies[0] == bodies[1]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("case", ["sys.exit(3)", "os._exit(4)", "killed"])
def test_an_exit_in_init_looks_the_same_under_awss_emulator(tmp_path: Path, case: str) -> None:
    folder = _write(tmp_path, ENDED[case])
    answers = []
    for runtime in MODULES:
        with Rie(folder, "app.handler", runtime=runtime) as rie:
            answer = rie.invoke({})
            answers.append((answer.status, level(re.sub(rb"[0-9a-f-]{36}", b"<id>", answer.body).decode())))
    assert answers[0] == answers[1]


def _functions_lines(log: str) -> list[str]:
    platform = ("START ", "END ", "REPORT ")
    lines = [line for line in log.splitlines() if "(rapid)" not in line and not line.startswith(platform)]
    return [level(line) for line in lines if not is_ours(line)]
