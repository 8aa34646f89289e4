"""What a handler needs is known again at the next scan, where nothing it depends on has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dayfly.scan.passes.families import FamilyOptions, default_families
from dayfly.scan.passes.inputs import read_input
from dayfly.scan.source.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: all
          PolicyDocument: {Statement: [{Effect: Allow, Action: ["dynamodb:GetItem", "s3:GetObject"], Resource: "*"}]}
  Get:
    Type: AWS::Lambda::Function
    Properties: {Handler: app.handler, Runtime: python3.13, Role: !GetAtt Role.Arn, Code: .}
"""
APP = "import store\ndef handler(event, context):\n    return store.get(event['id'])\n"
STORE = "import boto3\ntable = boto3.resource('dynamodb').Table('orders')\ndef get(key):\n    return table.get_item(Key={'id': key})\n"


def needed_and_texts(folder: Path, memory: dict[str, str]) -> list[str]:
    """The findings of the family for what lies in `folder`, with what is known of an earlier scan."""
    families = default_families(FamilyOptions())
    families.memory.update(memory)
    read = read_input(
        folder,
        base=folder,
        families=families,
        limits=DEFAULT_LIMITS,
        exclude=(),
        handlers=(),
        tick=lambda count: None,
    )
    [check] = [one for one in families.projects if "permission" in one.families]
    found = list(check.check(read.project, read.templates, read.functions, read.entries))
    memory.update(families.memory)
    return sorted(str(one) for one in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("template.yaml", TEMPLATE), ("app.py", APP), ("store.py", STORE)):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_is_remembered_gives_the_same_findings(folder: Path) -> None:
    memory: dict[str, str] = {}
    first = needed_and_texts(folder, memory)
    assert first
    assert [key for key in memory if key.startswith("needs ")]
    kept = dict(memory)
    assert needed_and_texts(folder, memory) == first
    assert memory == kept


def test_a_change_in_a_helper_is_seen(folder: Path) -> None:
    memory: dict[str, str] = {}
    first = needed_and_texts(folder, memory)
    (folder / "store.py").write_text(STORE.replace("get_item(Key={'id': key})", "scan()"))
    second = needed_and_texts(folder, memory)
    assert second != first
    assert second == needed_and_texts(folder, {})


def test_a_change_in_the_template_is_seen(folder: Path) -> None:
    memory: dict[str, str] = {}
    first = needed_and_texts(folder, memory)
    (folder / "template.yaml").write_text(TEMPLATE.replace('"s3:GetObject"', '"sqs:SendMessage"'))
    second = needed_and_texts(folder, memory)
    assert second != first
    assert second == needed_and_texts(folder, {})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-10],
        lambda text: "[]",
        lambda text: json.dumps({**json.loads(text), "needs": [1]}),
        lambda text: json.dumps({**json.loads(text), "needs": [{"place": {"path": "x"}}]}),
        lambda text: json.dumps({**json.loads(text), "usage": {"files": 7}}),
        lambda text: json.dumps({**json.loads(text), "notes": [{"kind": "praise", "place": {}}]}),
    ],
)
def test_what_was_spoilt_is_found_out_anew(folder: Path, spoil: Callable[[str], str]) -> None:
    memory: dict[str, str] = {}
    first = needed_and_texts(folder, memory)
    memory.update({key: spoil(text) for key, text in memory.items() if key.startswith("needs ")})
    assert needed_and_texts(folder, memory) == first
