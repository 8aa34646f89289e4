"""What HashiCorp's own parser makes of files that Dayfly was attached to.

It is Terraform's parser compiled for Node.js; the terraform command is on no registry of packages.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.attach.templates.npm_package import npm_package

from dayfly.attach.templates.model import Options
from dayfly.attach.templates.terraform_reading import parse_terraform

VERSION = "0.21.0"
_CORPUS = sorted((Path(__file__).parent / "terraform").glob("*.tf"))
_SETTINGS = {"DAYFLY_ISOLATION": "window", "DAYFLY_MAX_AGE": "15m"}
# What attach may change of a function.
_OURS = {"layers", "environment", "environment_variables", "dynamic"}


def _read(paths: list[Path]) -> dict[str, Any]:
    modules = npm_package("@cdktf/hcl2json", VERSION) / "node_modules"
    run = subprocess.run(
        ["node", Path(__file__).with_name("read_hcl.js"), *paths],
        capture_output=True,
        text=True,
        timeout=500,
        check=True,
        env={"PATH": os.environ["PATH"], "NODE_PATH": str(modules)},
    )
    read: dict[str, Any] = json.loads(run.stdout)
    return {Path(path).name: found for path, found in read.items()}


def _functions(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict(document.get("resource", {}).get("aws_lambda_function", {}))
    found |= document.get("module", {})
    return found


@pytest.mark.slow
def test_terraforms_parser_reads_what_was_attached_and_sees_all_else_as_before(tmp_path: Path) -> None:
    attached: dict[str, set[str]] = {}
    for path in _CORPUS:
        text = path.read_bytes().decode()
        edited = parse_terraform(text, path.name).attach(Options(settings=_SETTINGS)).text
        (tmp_path / path.name).write_bytes(edited.encode())
        were = {one.name for one in parse_terraform(text, path.name).functions() if one.is_attached}
        now = {one.name for one in parse_terraform(edited, path.name).functions() if one.is_attached}
        attached[path.name] = {name.rpartition(".")[2] for name in now - were}
    assert sum(map(len, attached.values())) >= 25

    before, after = _read(_CORPUS), _read([tmp_path / path.name for path in _CORPUS])
    assert [name for name, read in (before | after).items() if "error" in read] == []

    for name, document in before.items():
        made = after[name]
        layers = made.get("resource", {}).get("aws_lambda_layer_version", {})
        for key, (function,) in _functions(document).items():
            (seen,) = _functions(made)[key]
            if key not in attached[name]:
                assert seen == function, (name, key)
                continue
            assert {one: seen[one] for one in seen if one not in _OURS} == {
                one: function[one] for one in function if one not in _OURS
            }, (name, key)
            ours = json.dumps({one: seen.get(one) for one in _OURS})
            for word in ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/dayfly", *_SETTINGS):
                assert word in ours, (name, key, word)
            (layer,) = re.findall(r"\baws_lambda_layer_version\.(dayfly\w*)\.arn\b", ours)
            assert layer in layers, (name, key, layer)
        for kind in document.keys() - {"resource", "module"}:
            assert made[kind] == document[kind]
        for kind in document.get("resource", {}).keys() - {"aws_lambda_function", "aws_lambda_layer_version"}:
            assert made["resource"][kind] == document["resource"][kind]
