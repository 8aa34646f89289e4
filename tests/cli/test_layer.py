"""`dayfly layer build` says what it wrote, to people and to programs, and what it could not do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dayfly.attach.layout import MAX_BYTES, PYTHONS
from dayfly.attach.pythons import find_python
from dayfly.cli.main import run

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_json_says_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "layer.zip"
    assert run(["layer", "build", "--output", str(output), "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert set(told) == {
        "path",
        "sha256",
        "bytes",
        "unzipped_bytes",
        "limit_bytes",
        "files",
        "compiled",
        "not_compiled",
        "clients",
    }
    assert told["path"] == str(output)
    assert told["bytes"] == output.stat().st_size
    assert told["bytes"] < told["unzipped_bytes"] <= told["limit_bytes"] == MAX_BYTES
    assert list(told["compiled"]) == [HERE]
    assert told["not_compiled"] == []
    assert set(told["clients"]) == {"awslambdaric", "snapshot-restore-py", "simplejson"}
    assert captured.err == ""


def test_people_are_told_what_and_what_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "layer.zip"
    assert run(["layer", "build", "--output", str(output), "--python", HERE]) == 0
    said = capsys.readouterr().out
    assert f"wrote {output}" in said
    assert "limit 1,000,000" in said
    assert f"bytecode for Python {HERE}" in said
    assert "AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly" in said
    assert "\x1b" not in said


def test_people_are_told_of_a_python_that_is_not_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = [version for version in PYTHONS if find_python(version) is None]
    if not missing:
        pytest.skip("every Python is installed")
    for pythons, ending in ((missing[-1], ""), (f"{HERE},{missing[-1]}", ", without the guard")):
        assert run(["layer", "build", "--output", str(tmp_path / "layer.zip"), "--python", pythons]) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert f"no interpreter of Python {missing[-1]} was found here" in said
        assert said.endswith(f"compiles Dayfly at each cold start{ending}")


def test_a_python_that_is_not_served_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "layer.zip"
    assert run(["layer", "build", "--output", str(output), "--python", "3.9,3.12"]) == 2
    said = capsys.readouterr().err
    assert "error: Python '3.9' is not served by the layer" in said
    assert "hint: use one or more of 3.11,3.12,3.13,3.14" in said
    assert not output.exists()


def test_an_output_that_cannot_be_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["layer", "build", "--output", str(tmp_path / "no" / "layer.zip")]) == 2
    said = capsys.readouterr().err
    assert f"error: {tmp_path}/no/layer.zip cannot be written: No such file or directory" in said
    assert "hint: name another file with --output" in said


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layer", "build", "--help"]) == 0
    said = capsys.readouterr().out
    assert "dayfly layer build --python 3.12" in said
    assert "--output" in said
