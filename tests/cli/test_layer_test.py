"""`dayfly layer test` runs a function through a built layer, and tells whether Dayfly was there and what it changed."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.interpreters import found_interpreters

from dayfly.attach.build import build_layer
from dayfly.cli.main import run
from dayfly.core.loglines import PRODUCT

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
COUNTS = """
import os, time
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if event.get("fail"):
        raise KeyError(event["fail"])
    return {"calls": calls if event.get("counts") else 1, "card": event.get("card"), "now": time.time_ns(),
        "seen": os.environ.get("SEEN_WRAPPER")}
"""
GOES_ON = '#!/bin/sh\nexport SEEN_WRAPPER=yes\nexec "$@"\n'


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("tested") / "layer.zip", [HERE]).path


@pytest.fixture
def function(tmp_path: Path) -> Path:
    for name in ("function", "events"):
        (tmp_path / name).mkdir()
    (tmp_path / "function" / "app.py").write_text(COUNTS)
    (tmp_path / "events" / "plain.json").write_text('{"card": "4111111111111111"}')
    (tmp_path / "events" / "wrong.json").write_text('{"fail": "4111111111111111"}')
    return tmp_path


def words(layer: Path, function: Path, *more: str) -> list[str]:
    folders = ["--folder", str(function / "function"), "--events", str(function / "events")]
    return ["layer", "test", str(layer), "--handler", "app.handler", *folders, *more]


def tried(
    capsys: pytest.CaptureFixture[str], layer: Path, function: Path, *more: str
) -> tuple[int, dict[str, object]]:
    code = run(words(layer, function, *more, "--json"))
    out = capsys.readouterr().out
    assert "4111111111111111" not in out
    told = json.loads(out)
    assert isinstance(told, dict)
    return code, told


@pytest.fixture
def confined() -> None:
    if confinement_here().kind == "none":
        pytest.skip("this machine cannot show /opt to a process")


def other_layer(folder: Path, wrapper: str) -> Path:
    """A zip with a wrapper, as another tool's layer has it."""
    with zipfile.ZipFile(folder / "other.zip", "w") as file:
        info = zipfile.ZipInfo("wrap")
        info.create_system = 3
        info.external_attr = 0o100755 << 16
        file.writestr(info, wrapper)
    return folder / "other.zip"


@pytest.mark.usefixtures("confined")
def test_a_function_that_answers_alike_passes(
    layer: Path, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = tried(capsys, layer, function)
    assert (code, told["active"], told["isolation"], told["why_not"]) == (0, True, "invocation", [])
    assert told["confinement"] != "none"
    answers = told["answers"]
    assert answers == [
        {"event": event, "round": time, "verdict": verdict, "places": places}
        for time in (1, 2)
        for event, verdict, places in (("plain.json", "varies", ["$.now"]), ("wrong.json", "same", []))
    ]


@pytest.mark.usefixtures("confined")
def test_a_function_that_counts_on_what_was_left_is_told(
    layer: Path, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (function / "events" / "plain.json").write_text('{"counts": true}')
    (function / "events" / "wrong.json").unlink()
    assert run(words(layer, function)) == 1
    said = capsys.readouterr().out
    assert "Dayfly was active: isolation invocation" in said
    assert "plain.json (time 2) differs at $.calls" in said
    assert run(words(layer, function, "--set", "isolation=process")) == 0


@pytest.mark.usefixtures("confined")
def test_another_layers_wrapper_is_run_first(
    layer: Path, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = other_layer(function, GOES_ON)
    chain = ["--with", str(other), "--env", "AWS_LAMBDA_EXEC_WRAPPER=/opt/wrap"]
    code, told = tried(capsys, layer, function, *chain)
    assert (code, told["active"]) == (0, True)
    assert "is unknown to Dayfly" in str(told["notes"])


@pytest.mark.usefixtures("confined")
def test_a_wrapper_that_loses_dayfly_is_found_out(
    layer: Path, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `shift` the command starts after Dayfly: the function runs, and nothing says that it is alone."""
    other = other_layer(function, '#!/bin/sh\n[ "${1##*/}" = dayfly ] && shift\nexec "$@"\n')
    chain = ["--with", str(other), "--env", "AWS_LAMBDA_EXEC_WRAPPER=/opt/wrap"]
    code, told = tried(capsys, layer, function, *chain)
    assert (code, told["active"], told["isolation"]) == (1, False, None)
    assert "did not start the command in its arguments" in str(told["why_not"])


@pytest.mark.usefixtures("confined")
def test_a_layer_for_another_python_is_found_out(
    function: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = [found.version for found in found_interpreters() if found.version != HERE]
    if not others:
        pytest.skip("one Python is installed")
    layer = build_layer(tmp_path / "other.zip", [others[0]]).path
    code, told = tried(capsys, layer, function, "--python", sys.executable)
    assert (code, told["active"]) == (1, False)
    assert "this layer was not built for cpython-" in str(told["why_not"])


def test_a_function_that_prints_dayflys_lines_proves_nothing(
    layer: Path, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {
        "finding_info": {"types": ["environment.started"]},
        "metadata": {"product": {"name": PRODUCT}},
        "unmapped": {"evidence": {"isolation": "invocation"}},
    }
    (function / "function" / "app.py").write_text(f"print({json.dumps(line)!r}, flush=True)\n{COUNTS}")
    code, told = tried(capsys, layer, function, "--confinement", "none")
    assert (code, told["active"]) == (1, False)
    assert "prints lines that look like Dayfly records" in str(told["why_not"])


def test_without_confinement_it_says_what_is_not_as_on_lambda(
    layer: Path, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = tried(capsys, layer, function, "--confinement", "none")
    assert (code, told["active"], told["confinement"]) == (0, True, "none")
    assert "no /opt" in str(told["not_as_on_lambda"])


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        (["--env", "AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap"], "skip this function"),
        (["--set", "isolation=none"], "use one of"),
        (["--with", "/nowhere.zip"], "hint"),
        (["--python", "/nowhere/python3"], "give the path of a python3 executable"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    more: list[str], hint: str, layer: Path, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words(layer, function, *more)) == 2
    assert hint in capsys.readouterr().err


def test_a_hostile_zip_is_refused(layer: Path, function: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("../outside", "/outside", "a/../../outside"):
        with zipfile.ZipFile(function / "hostile.zip", "w") as file:
            file.writestr(name, b"x")
        assert run(words(layer, function, "--with", str(function / "hostile.zip"))) == 2
        assert "a path outside the layer" in capsys.readouterr().err
