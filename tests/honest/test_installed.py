"""However Dayfly was installed, it takes its own work for its own, and what the event brought for the event's."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.honest.test_honest import honest_python
from tests.interpreters import UV
from tests.real.environment import started_with
from tests.rie import MODULES, Rie
from tests.wheels import RUNTIME, wheel_of

HANDLER = "app.handler"
# Whose the text is that `made` evaluates nobody can say, so the guard compiles it itself, to see what it does.
FUNCTION = """
import collections

def handler(event, context):
    return globals()[event["do"]](event)

def made(event):
    return eval("".join(map(chr, (54, 42, 55))))

def classes(event):
    return collections.namedtuple("Row", ["id", "note"])(1, event["text"]).note

def brought(event):
    return eval(event["text"])
"""


def _in_site_packages(_task: Path) -> list[str]:
    return started_with("pip", honest_python(), HANDLER)


def _as_a_layer(_task: Path) -> list[str]:
    return started_with("layer", honest_python(), HANDLER)


def _beside_the_function(task: Path) -> list[str]:
    """As `pip install --target` puts it into a deployment package."""
    python = Path(sys.executable).resolve()
    command = [UV, "pip", "install", "--quiet", "--target", str(task), "--python", str(python)]
    subprocess.run(
        [*command, "awslambdaric==4.2.2", str(wheel_of(RUNTIME))],
        check=True,
        capture_output=True,
        timeout=500,
    )
    return [str(python), "-m", MODULES["dayfly"], HANDLER]


def _beside_it_without_metadata(task: Path) -> list[str]:
    command = _beside_the_function(task)
    for folder in task.glob("*.dist-info"):
        shutil.rmtree(folder)
    return command


def _as_bytecode_with_other_names(task: Path) -> list[str]:
    """The sources are left out of the package, and the bytecode has no path of this machine."""
    command = _beside_it_without_metadata(task)
    assert compileall.compile_dir(task, quiet=1, legacy=True, stripdir=str(task), workers=1)
    for source in task.rglob("*.py"):
        source.unlink()
    return command


@pytest.mark.parametrize(
    "install",
    [
        _in_site_packages,
        _as_a_layer,
        _beside_the_function,
        _beside_it_without_metadata,
        _as_bytecode_with_other_names,
    ],
)
def test_the_guard_lets_its_own_work_pass_and_nobody_elses(
    install: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    task = tmp_path / "task"
    task.mkdir()
    (task / "app.py").write_text(FUNCTION)
    environment = {"DAYFLY_GUARD": "block", "LAMBDA_TASK_ROOT": str(task)}
    with Rie(task, HANDLER, environment=environment, command=install(task)) as rie:
        made = rie.invoke({"do": "made"})
        classes = rie.invoke({"do": "classes", "text": "tea"})
        brought = rie.invoke({"do": "brought", "text": "__import__('os').getpid()"})
        log = rie.logs()
    assert made.payload == 42, log[-3000:]
    assert classes.payload == "tea"
    assert brought.error_type == "Dayfly.Refused"
    assert "guard.nested" not in log
    assert "guard.fault" not in log
    assert log.count("Dayfly: the guard refused") == 1
