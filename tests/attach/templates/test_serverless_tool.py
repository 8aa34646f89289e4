"""What the Serverless Framework itself makes of services that Dayfly was attached to."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.attach.templates.serverless_tool import printed
from tests.by_day import some_by_day

from dayfly.attach.templates.model import Options
from dayfly.attach.templates.reading import read

_FOLDER = Path(__file__).parent / "serverless"
# What needs an account, a plugin, or is wrong in the framework's eyes before anything is attached.
_LEFT_OUT = ("05", "12", "17", "23", "28")
_SAMPLES = [
    path for path in sorted(_FOLDER.iterdir()) if path.is_file() and not path.name.startswith(_LEFT_OUT)
]


def test_most_of_the_corpus_is_shown_to_the_framework() -> None:
    assert len(_SAMPLES) >= 24


def _shown(folder: Path) -> dict[str, Any]:
    run = printed(folder)
    assert run.returncode == 0, run.stdout + run.stderr
    # Warnings of the configuration come first.
    found: dict[str, Any] = json.loads(run.stdout[run.stdout.index("{") :])
    return found


def _functions(service: dict[str, Any]) -> dict[str, Any]:
    sections = service["functions"]
    return {
        key: one
        for section in (sections if isinstance(sections, list) else [sections])
        for key, one in section.items()
    }


def _effective(service: dict[str, Any], name: str) -> tuple[dict[str, Any], list[Any]]:
    """Variables and layers as the framework puts them together (lib/plugins/aws/package/compile/functions.js)."""
    function, provider = _functions(service)[name], service["provider"]
    variables = {**(provider.get("environment") or {}), **(function.get("environment") or {})}
    return variables, function.get("layers") or provider.get("layers") or []


@pytest.mark.slow
@pytest.mark.parametrize("sample", some_by_day(_SAMPLES, every=12, name=lambda path: path.name))
def test_the_framework_sees_dayfly_on_what_was_attached_and_all_else_as_before(
    sample: Path, tmp_path: Path
) -> None:
    shutil.copytree(_FOLDER / "shared", tmp_path / "shared")
    # One sample names a file that Dayfly must do without; the framework must not.
    (tmp_path / "missing.yml").write_text("Outputs: {}\n")
    path = tmp_path / f"serverless{sample.suffix}"
    # Plugins are not installed; they change nothing of what is looked at here.
    path.write_bytes(re.sub(rb"\nplugins:\r?\n(?:  - .*\r?\n?)+", b"\n", sample.read_bytes()))
    before = _shown(tmp_path)
    edited = read(path).attach(Options(settings={"DAYFLY_ISOLATION": "window"}))
    path.write_bytes(edited.text.encode())
    after = _shown(tmp_path)
    attached = {one.name for one in read(path).functions() if one.is_attached}
    # Others are plain CloudFormation under `resources`, which the framework copies.
    for name in {one.name for one in read(path).functions()} & set(_functions(before)):
        old, old_layers = _effective(before, name)
        new, new_layers = _effective(after, name)
        if name not in attached or not edited.changes:
            idle = [{"Ref": "DayflyLambdaLayer"}] if name not in attached and new_layers != old_layers else []
            assert (new, new_layers) == (old, [*old_layers, *idle])
            continue
        assert new["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/dayfly"
        assert new.get("DAYFLY_NEXT_WRAPPER") == old.pop("AWS_LAMBDA_EXEC_WRAPPER", None)
        assert new["DAYFLY_ISOLATION"] == "window"
        assert {key: new[key] for key in old} == old
        assert new_layers == [*old_layers, {"Ref": "DayflyLambdaLayer"}]
        assert re.fullmatch(r"dayfly-layer-[\d.-]+\.zip", after["layers"]["dayfly"]["package"]["artifact"])
