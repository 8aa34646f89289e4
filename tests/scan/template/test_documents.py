"""YAML and JSON become nodes with places; hostile documents end in a named note."""

from __future__ import annotations

import pytest

from dayfly.scan.model import NoteKind
from dayfly.scan.template.documents import MAX_CHARACTERS, MAX_DEPTH, read_documents
from dayfly.scan.template.nodes import MappingNode, ScalarNode, SequenceNode, text


def _mapping(content: str, path: str = "t.yaml") -> MappingNode:
    documents = read_documents(content, path)
    assert not documents.notes
    (node,) = documents.nodes
    assert isinstance(node, MappingNode)
    return node


@pytest.mark.parametrize("path", ["t.yaml", "t.json"])
def test_values_have_the_place_of_their_first_character(path: str) -> None:
    content = '{\n  "a": {"b": "c"},\n  "d": [1, true, null]\n}\n'
    node = _mapping(content, path)
    inner = node.get("a", "b")
    assert isinstance(inner, ScalarNode)
    assert (inner.place.line, inner.place.column, inner.place.end_column) == (2, 14, 17)
    assert node.keys["d"].line == 3
    listed = node.get("d")
    assert isinstance(listed, SequenceNode)
    assert [one.value for one in listed.items if isinstance(one, ScalarNode)] == [1, True, None]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True),
        ("'yes'", "yes"),
        ("python3.10", "python3.10"),
        ("3.10", 3.1),
        ("012345678901", "012345678901"),
        ("~", None),
        ("12", 12),
        ("!!str 12", "12"),
    ],
)
def test_plain_scalars_mean_what_yaml_says_and_keep_their_text(written: str, value: object) -> None:
    node = _mapping(f"a: {written}\n").entries["a"]
    assert isinstance(node, ScalarNode)
    assert node.value == value
    assert node.text == written.removeprefix("!!str ").strip("'")


def test_tags_are_kept_and_nothing_is_constructed() -> None:
    node = _mapping("a: !!python/object/apply:os.system [ls]\nb: !Sub x\n")
    assert node.entries["b"].tag == "!Sub"
    assert isinstance(node.entries["a"], SequenceNode)


def test_merge_keys_give_what_is_not_there_yet() -> None:
    node = _mapping("base: &base {a: 1, b: 2}\nown:\n  <<: *base\n  b: 3\n")
    assert [text(node.get("own", key)) for key in ("a", "b")] == ["1", "3"]


def test_several_documents_are_several_nodes() -> None:
    assert len(read_documents("a: 1\n---\nb: 2\n", "t.yaml").nodes) == 2


_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)
)


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        pytest.param("t.yaml", _BOMB, NoteKind.BOUNDED, id="aliases that multiply"),
        pytest.param("t.yaml", "&a [*a]", NoteKind.BOUNDED, id="an alias within itself"),
        pytest.param("t.yaml", "- " * 2_000 + "x", NoteKind.BOUNDED, id="deep block lists"),
        pytest.param("t.yaml", "[" * 500 + "]" * 500, NoteKind.BOUNDED, id="deep flow lists"),
        pytest.param("t.yaml", "[" * 100_000, NoteKind.NOT_ANALYSABLE, id="deeper than libyaml reads"),
        pytest.param("t.json", "[" * 5_000, NoteKind.BOUNDED, id="deep JSON"),
        pytest.param("t.json", "[" + "1," * 900_000 + "1]", NoteKind.BOUNDED, id="many values"),
        pytest.param("t.yaml", "x" * (MAX_CHARACTERS + 1), NoteKind.BOUNDED, id="a huge file"),
        pytest.param("t.yaml", "a: b: c", NoteKind.NOT_ANALYSABLE, id="broken YAML"),
        pytest.param("t.yaml", "a:\n\tb: 1", NoteKind.NOT_ANALYSABLE, id="a tab as indentation"),
        pytest.param("t.yaml", "a: \x00", NoteKind.NOT_ANALYSABLE, id="a NUL"),
        pytest.param("t.yaml", "%YAML 3\n", NoteKind.NOT_ANALYSABLE, id="a broken directive"),
        pytest.param("t.json", '{"a" 1}', NoteKind.NOT_ANALYSABLE, id="JSON without a colon"),
        pytest.param("t.json", '{"a": 1,}', NoteKind.NOT_ANALYSABLE, id="JSON with a comma too many"),
        pytest.param("t.json", '{"a": "\n"}', NoteKind.NOT_ANALYSABLE, id="a line break in a JSON string"),
        pytest.param("t.json", '{"a": 1} x', NoteKind.NOT_ANALYSABLE, id="text after JSON"),
        pytest.param("t.json", '{"a": 1', NoteKind.NOT_ANALYSABLE, id="JSON that ends early"),
        pytest.param("t.json", '{"a": tru}', NoteKind.NOT_ANALYSABLE, id="no JSON word"),
        pytest.param("t.json", '{"a": "\\ud8"}', NoteKind.NOT_ANALYSABLE, id="a broken escape"),
    ],
)
def test_hostile_documents_end_in_a_note(path: str, content: str, kind: NoteKind) -> None:
    documents = read_documents(content, path)
    assert not documents.nodes
    assert [note.kind for note in documents.notes] == [kind]


@pytest.mark.parametrize(
    ("path", "content"), [("t.yaml", "a: 1\nb: 2\na: 3\n"), ("t.json", '{"a": 1,\n"b": 2,\n"a": 3}')]
)
def test_a_key_that_is_given_twice_is_named_and_the_last_counts(path: str, content: str) -> None:
    documents = read_documents(content, path)
    assert text(documents.nodes[0].entries["a"]) == "3"  # type: ignore[union-attr]
    (note,) = documents.notes
    assert "occurs twice" in note.message
    assert note.place.line == 3


def test_as_deep_as_allowed_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert read_documents("[" * depth + "]" * depth, "t.yaml").nodes
    assert read_documents("[" * depth + "]" * depth, "t.json").nodes


def test_json_strings_keep_what_escapes_mean() -> None:
    node = _mapping('{"a": "x\\u00e9\\ud83d\\ude00\\/\\n"}', "t.json")
    assert text(node.entries["a"]) == "xé😀/\n"
