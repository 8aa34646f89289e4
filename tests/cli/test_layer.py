"""`dayfly layer build` says what it wrote, to people and to programs, and what it could not do."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dayfly.attach.layout import MAX_BYTES, MAX_NATIVE_BYTES, PYTHONS
from dayfly.attach.pythons import find_python
from dayfly.cli.main import run
from dayfly.core.policylayer import digest_of

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_json_says_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "layer.zip"
    assert run(["layer", "build", "--output", str(output), "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert set(told) == {
        "path",
        "sha256",
        "code_sha256",
        "checksum",
        "sbom",
        "policy",
        "on_failure",
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
    assert told["bytes"] < told["unzipped_bytes"] <= told["limit_bytes"] == MAX_BYTES + MAX_NATIVE_BYTES
    assert list(told["compiled"]) == [HERE]
    assert told["not_compiled"] == []
    assert set(told["clients"]) == {"awslambdaric", "snapshot-restore-py", "simplejson"}
    assert captured.err == ""


def test_people_are_told_what_and_what_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "layer.zip"
    assert run(["layer", "build", "--output", str(output), "--python", HERE]) == 0
    said = capsys.readouterr().out
    assert f"wrote {output}" in said
    assert "limit 2,300,000" in said
    assert f"bytecode for Python {HERE}" in said
    assert "AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly" in said
    assert "\x1b" not in said


def test_people_are_told_of_a_python_that_is_not_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = [version for version in PYTHONS if find_python(version) is None]
    if not missing:
        pytest.skip("every Python is installed")
    for pythons in (missing[-1], f"{HERE},{missing[-1]}"):
        assert run(["layer", "build", "--output", str(tmp_path / "layer.zip"), "--python", pythons]) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert f"Python {missing[-1]} is not installed here" in said
        assert said.endswith("compiles Dayfly at each cold start")


def test_a_python_that_is_not_served_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "layer.zip"
    assert run(["layer", "build", "--output", str(output), "--python", "3.9,3.12"]) == 2
    said = capsys.readouterr().err
    assert "error: Python '3.9' is not supported by the layer" in said
    assert "hint: use one or more of 3.11,3.12,3.13,3.14" in said
    assert not output.exists()


def test_an_output_that_cannot_be_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["layer", "build", "--output", str(tmp_path / "no" / "layer.zip")]) == 2
    said = capsys.readouterr().err
    assert f"error: {tmp_path}/no/layer.zip cannot be written: No such file or directory" in said
    assert "hint: choose another file with --output" in said


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layer", "build", "--help"]) == 0
    said = capsys.readouterr().out
    assert "dayfly layer build --python 3.12" in said
    assert "--output" in said


def test_the_checksum_lies_beside_and_the_bill_if_asked_for(tmp_path: Path) -> None:
    output = tmp_path / "layer.zip"
    assert run(["layer", "build", "--output", str(output), "--sbom"]) == 0
    assert subprocess.run(["sha256sum", "--check", "layer.zip.sha256"], cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "layer.zip",
        "layer.zip.cdx.json",
        "layer.zip.sha256",
    ]


def test_a_policy_may_be_a_layer_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy, output = tmp_path / "orders.toml", tmp_path / "orders.zip"
    policy.write_text('guard = "block"\n[policy.process]\nallow = []\n')
    words = ["layer", "build", "--policy", str(policy), "--only-policy", "--output", str(output)]
    assert run([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with zipfile.ZipFile(output) as file:
        assert file.namelist() == ["dayfly.policy/policy.json"]
        assert told["policy"] == digest_of(file.read("dayfly.policy/policy.json"))
    assert run(words) == 0
    said = capsys.readouterr()
    assert f"contains the policy {told['policy']}" in said.out
    assert "set these as environment variables instead: guard" in said.err


@pytest.mark.parametrize(
    "words",
    [
        ["--only-policy"],
        ["--only-policy", "--policy", "{policy}", "--python", "3.12"],
        ["--policy", "{policy}.missing"],
        ["--policy", "{wrong}"],
    ],
)
def test_what_is_no_policy_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, wrong = tmp_path / "p.toml", tmp_path / "w.toml"
    policy.write_text('guard = "block"\n[policy.process]\n')
    wrong.write_text('guard = "blok"\n')
    output = ["--output", str(tmp_path / "layer.zip")]
    given = [word.format(policy=policy, wrong=wrong) for word in words]
    assert run(["layer", "build", *output, *given]) == 2
    assert "hint: " in capsys.readouterr().err
    assert not (tmp_path / "layer.zip").exists()
