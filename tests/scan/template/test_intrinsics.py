"""CloudFormation's functions give what the template decides, and text with references for the rest."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.template.documents import read_documents
from dayfly.scan.template.intrinsics import Intrinsics
from dayfly.scan.template.nodes import MappingNode, Node, ScalarNode, items, text

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: orders}
  Stage: {Type: String}
  Secret: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path/of/it}
Mappings:
  Sizes:
    small: {memory: 128}
Conditions:
  IsOrders: !Equals [!Ref Name, orders]
  IsOther: !Not [!Condition IsOrders]
  IsProd: !Equals [!Ref Stage, prod]
  Both: !And [!Condition IsOrders, !Condition IsOther]
  Loop: !Not [!Condition Loop]
"""


def _resolve(written: str, notes: list[Note] | None = None) -> Node:
    root = read_documents(TEMPLATE + f"Value: {written}\n", "t.yaml").nodes[0]
    assert isinstance(root, MappingNode)
    return Intrinsics(root, notes if notes is not None else []).resolve(root.entries["Value"])


@pytest.mark.parametrize(
    ("written", "value", "is_known"),
    [
        ("!Ref Name", "orders", True),
        ("{Ref: Name}", "orders", True),
        ("!Ref Stage", "${Stage}", False),
        ("!Ref Secret", "${Secret}", False),
        ("!Ref Table", "${Table}", False),
        ("!GetAtt Table.Arn", "${Table.Arn}", False),
        ("{'Fn::GetAtt': [Table, Arn]}", "${Table.Arn}", False),
        ("!Sub '${Name}-x'", "orders-x", True),
        ("!Sub 'arn:aws:s3:::${Bucket}/*'", "arn:aws:s3:::${Bucket}/*", False),
        ("!Sub ['${a}-${Name}', {a: 1}]", "1-orders", True),
        ("!Sub '${!Literal}'", "${Literal}", True),
        ("!Join ['/', [a, !Ref Name]]", "a/orders", True),
        ("!Join ['', ['arn:', !Ref Table]]", "arn:${Table}", False),
        ("!Select [1, [a, b]]", "b", True),
        ("!Select [0, !Split [',', 'x,y']]", "x", True),
        ("!FindInMap [Sizes, small, memory]", "128", True),
        ("!FindInMap [Sizes, !Ref Stage, memory]", "${FindInMap:Sizes.${Stage}.memory}", False),
        ("!If [IsOrders, a, b]", "a", True),
        ("!If [IsOther, a, b]", "b", True),
        ("!If [Both, a, b]", "b", True),
        ("!If [IsProd, a, b]", "${If:IsProd}", False),
        ("!If [IsProd, a, a]", "a", True),
        ("!If [Loop, a, b]", "${If:Loop}", False),
        ("!ImportValue shared", "${ImportValue:shared}", False),
        ("{'Fn::Transform': {Name: AWS::Include}}", "${Fn::Transform}", False),
    ],
)
def test_functions_in_both_forms(written: str, value: str, is_known: bool) -> None:
    node = _resolve(written)
    assert isinstance(node, ScalarNode)
    assert (node.text, node.is_known) == (value, is_known)


def test_an_unknown_function_is_unresolved_and_named_once() -> None:
    notes: list[Note] = []
    node = _resolve("[!Frobnicate x, {'Fn::Frobnicate': y}, !Frobnicate z]", notes)
    assert [text(one) for one in items(node)] == ["${Fn::Frobnicate}"] * 3
    assert [note.kind for note in notes] == [NoteKind.NOT_RESOLVED]
    assert "Frobnicate" in notes[0].message


def test_a_list_has_both_sides_of_a_condition_that_cannot_be_told() -> None:
    node = _resolve(
        "[a, !If [IsProd, b, c], !If [IsProd, d, !Ref AWS::NoValue], !If [IsOther, e, !Ref AWS::NoValue]]"
    )
    assert [text(one) for one in items(node)] == ["a", "b", "c", "d"]


def test_a_property_without_a_value_is_absent() -> None:
    node = _resolve("{a: !Ref AWS::NoValue, b: 1}")
    assert isinstance(node, MappingNode)
    assert list(node.entries) == ["b"]


def test_text_that_references_put_together_is_bounded() -> None:
    root = read_documents(
        "Parameters: {P: {Type: String, Default: " + "x" * 3_000 + "}}\nValue: !Sub '" + "${P}" * 200 + "'\n",
        "t.yaml",
    ).nodes[0]
    assert isinstance(root, MappingNode)
    assert text(Intrinsics(root, []).resolve(root.entries["Value"])) == "${too long}"


@pytest.mark.parametrize(
    "written",
    [
        "!Sub []",
        "!Join x",
        "!If [a]",
        "!Select []",
        "!GetAtt",
        "!Ref",
        "!FindInMap [a]",
        "!Split [x]",
    ],
)
def test_malformed_functions_are_unresolved(written: str) -> None:
    node = _resolve(written)
    assert isinstance(node, ScalarNode)
    assert not node.is_known
