"""What is no template, or a hostile one, is refused with its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dayfly.attach.templates.model import Options, TemplateError
from dayfly.attach.templates.reading import MAX_BYTES, parse, read

HEAD = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n"
FUNCTION = "  F:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: a.b, CodeUri: a}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + FUNCTION + "  F: {}\n", r"t\.yaml:7 the key 'F' occurs twice"),
        (HEAD + "  F: [\n", r"t\.yaml:\d is not valid YAML"),
        (HEAD + "  F: *nothing\n", r"t\.yaml:4 has the alias \*nothing"),
        (HEAD + "  F: &f {a: *f}\n", r"t\.yaml:4 has the alias \*f"),
        (HEAD + FUNCTION + "---\na: 1\n", r"t\.yaml:7 contains a second document"),
        (HEAD + "  ? [a, b]\n  : c\n", r"t\.yaml:4 has a key that is not a scalar"),
        (HEAD + "  F:\n\t- x\n", r"t\.yaml:5 is not valid YAML"),
        (HEAD + FUNCTION + "# \x07\n", r"t\.yaml:7 is not valid YAML"),
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("a: 1\n", "not a SAM, CloudFormation"),
        ("- a\n", "not a SAM, CloudFormation"),
        ("Resources: [a]\n", "not a SAM, CloudFormation"),
        (HEAD + "  F: " + "[" * 150 + "]" * 150 + "\n", r"t\.yaml:4 is nested more than 100 levels deep"),
    ],
)
def test_a_broken_template_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        parse(text, "t.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"Resources": {"F": {},\n"F": {}}}', r"t\.json:2 .*'F' occurs twice"),
        ('{"Resources": {"F": {"Type": "AWS::Lambda::Function",}}}', r"t\.json:1 .*string is missing"),
        ('{"Resources":\n\n{"F": {"a": 1} "b": 2}}', r"t\.json:3 .*comma"),
        ('{"Resources": {}} x', r"t\.json:1 .*text after the end"),
        ('{"Resources": {"F": "\\x"}}', r"t\.json:1 .*escape"),
        ('{"Resources": {"F": tru}}', r"t\.json:1 .*a value is missing"),
        ('{"Resources": {"F": 01}}', r"t\.json:1 "),
        ("{" + '"a":{' * 5000, r"t\.json:1 .*nested"),
        ("{", r"t\.json:1 "),
    ],
)
def test_broken_json_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        parse(text, "t.json")


def test_aliases_that_multiply_are_counted() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 10))
    with pytest.raises(TemplateError, match=r"t\.yaml:\d+ has more than 200,000 values"):
        parse("l0: &l0 [a, b]\n" + levels + HEAD + FUNCTION, "t.yaml")


def test_merge_keys_that_go_deep_are_counted() -> None:
    levels = "".join(f"m{n}: &m{n} {{<<: *m{n - 1}}}\n" for n in range(1, 400))
    with pytest.raises(TemplateError, match=r"t\.yaml:\d+ is nested more than 100 levels deep"):
        parse("m0: &m0 {a: b}\n" + levels + HEAD + FUNCTION, "t.yaml")


def test_what_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes((HEAD + FUNCTION).encode() + b"# caf\xe9\n")
    with pytest.raises(TemplateError, match=r"t\.yaml:7 is not UTF-8"):
        read(path)


def test_old_line_ends_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes((HEAD + FUNCTION).encode() + b"# a\rb\n")
    with pytest.raises(TemplateError, match=r"t\.yaml:7 has a carriage return"):
        read(path)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(TemplateError, match="4,000,001 bytes"):
        read(path)


def test_pipes_folders_and_nothing_are_no_templates(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    for name in ("pipe.yaml", "loop.yaml", "nothing.yaml", ""):
        with pytest.raises(TemplateError, match=r"is not a file|cannot be read"):
            read(tmp_path / name)


def test_a_large_template_is_edited_in_seconds() -> None:
    text = HEAD + "".join(FUNCTION.replace("F:", f"F{n}:") for n in range(200))
    edited = parse(text, "t.yaml").attach(Options())
    assert len(edited.changes) == 201
    assert parse(edited.text, "t.yaml").detach().text == text
