"""Layers are /opt, and a wrapper is called as on a managed runtime."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.lab.running import both_confinements, needs_bubblewrap, run, running_lab

from dayfly.lab.model import ConfinementChoice, FunctionConfig

_HANDLER = """
import os, sys
def handler(event, context):
    import from_layer
    return {
        "argv": os.environ.get("SEEN", ""), "opt": sorted(os.listdir("/opt")) if os.path.isdir("/opt") else [],
        "value": from_layer.VALUE, "path": sys.path, "prefix": sys.prefix, "pid": os.getpid(), "wrapper": os.environ["WRAPPER_PID"],
        "pythonpath": os.environ.get("PYTHONPATH"), "written": os.access("/opt", os.W_OK),
    }
"""
_WRAPPER = '#!/bin/sh\nexport SEEN="$*"\nexport WRAPPER_PID=$$\nexec "$@"\n'


def _function(folder: Path, **variables: str) -> FunctionConfig:
    task, opt = folder / "task", folder / "opt"
    task.mkdir()
    (opt / "python").mkdir(parents=True)
    (task / "app.py").write_text(_HANDLER)
    (opt / "wrap").write_text(_WRAPPER)
    (opt / "wrap").chmod(0o755)
    (opt / "plain").write_text("no program")
    (opt / "python" / "from_layer.py").write_text("VALUE = 7\n")
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.is_dir() else 0))
    return FunctionConfig(
        name="f",
        folder=task,
        handler="app.handler",
        python=Path(sys.executable),
        timeout_s=20.0,
        opt=opt,
        environment=variables,
    )


def _answers(config: FunctionConfig, confinement: ConfinementChoice) -> tuple[Any, str]:
    told: list[Any] = []
    said: list[str] = []

    async def scenario() -> None:
        async with running_lab(confinement, config=config) as running:
            result = await running.call()
            told.append(json.loads(result.payload))
            said.extend(line.text for line in running.lines)

    run(scenario())
    return told[0], "\n".join(said)


@needs_bubblewrap
@pytest.mark.parametrize(
    ("wrapper", "status", "said"),
    [
        ("/opt/absent", 127, "/opt/absent: does not exist"),
        ("/opt/plain", 126, "/opt/plain: is not an executable"),
    ],
)
def test_a_wrapper_that_cannot_be_called_stops_the_function_in_lambdas_words(
    tmp_path: Path, wrapper: str, status: int, said: str
) -> None:
    answer, log = _answers(_function(tmp_path, AWS_LAMBDA_EXEC_WRAPPER=wrapper), "bubblewrap")
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(f"exit status {status}")
    assert said in log


@needs_bubblewrap
def test_confined_a_function_with_layers_is_started_as_lambda_starts_it(tmp_path: Path) -> None:
    answer, _ = _answers(_function(tmp_path, AWS_LAMBDA_EXEC_WRAPPER="/opt/wrap"), "bubblewrap")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert answer["argv"] == f"/var/lang/bin/python{version} /var/runtime/bootstrap.py"
    assert int(answer["wrapper"]) == answer["pid"]
    assert answer["opt"] == ["plain", "python", "wrap"]
    assert answer["value"] == 7
    assert not answer["written"]
    assert answer["pythonpath"] == "/var/runtime"
    path = answer["path"]
    layer = f"/opt/python/lib/python{version}/site-packages"
    assert path.index("/var/task") < path.index(layer) < path.index("/opt/python")


def test_unconfined_the_wrapper_and_the_modules_of_a_layer_are_found_where_they_lie(tmp_path: Path) -> None:
    config = _function(tmp_path, AWS_LAMBDA_EXEC_WRAPPER="/opt/wrap")
    answer, _ = _answers(config, "none")
    assert answer["argv"].endswith("-m awslambdaric app.handler")
    assert int(answer["wrapper"]) == answer["pid"]
    assert answer["value"] == 7


@both_confinements
def test_external_extensions_of_a_layer_are_started(tmp_path: Path, confinement: ConfinementChoice) -> None:
    config = _function(tmp_path, AWS_LAMBDA_EXEC_WRAPPER="/opt/wrap")
    (tmp_path / "opt" / "extensions").mkdir()
    broken = tmp_path / "opt" / "extensions" / "broken"
    broken.write_text("#!/bin/sh\necho started as $0\nexit 3\n")
    for path in (broken.parent, broken):
        path.chmod(0o755)
    answer, log = _answers(config, confinement)
    assert "extensions/broken" in log
    assert answer["errorMessage"].endswith("exit status 3")


@needs_bubblewrap
def test_a_link_in_a_layer_shows_nothing_of_this_machine(tmp_path: Path) -> None:
    config = _function(tmp_path, AWS_LAMBDA_EXEC_WRAPPER="/opt/wrap")
    secret = tmp_path / "secret"
    secret.mkdir(mode=0o755)
    (secret / "file").write_text("the machine's")
    (tmp_path / "opt" / "way").symlink_to(secret)
    (tmp_path / "opt" / "extensions").symlink_to(secret)
    reader = "import os\ndef handler(event, context):\n    return [os.readlink('/opt/way'), os.path.exists('/opt/way/file')]\n"
    (tmp_path / "task" / "app.py").write_text(reader)
    answer, _ = _answers(config, "bubblewrap")
    assert answer == [str(secret), False]
