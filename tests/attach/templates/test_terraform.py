"""Terraform's files, attached and detached: a corpus in varied styles, edits in between, and hostile files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dayfly.attach.templates.model import Options, Template, TemplateError
from dayfly.attach.templates.terraform_reading import parse_terraform

_CORPUS = sorted((Path(__file__).parent / "terraform").glob("*.tf"))
_EXPECTED = re.compile(
    r'(?:#|//) expect: (.*?)\r?\n(?:resource|module)\s+(?:"?aws_lambda_function"?\s+)?"?([\w-]+)"?'
)
_OPTIONS = Options(settings={"DAYFLY_ISOLATION": "window", "DAYFLY_MAX_AGE": "15m"})


class _Sample(NamedTuple):
    path: Path
    text: str
    expected: dict[str, str]


def _samples() -> list[_Sample]:
    found = []
    for path in _CORPUS:
        text = path.read_bytes().decode()
        found.append(_Sample(path, text, {match[2]: match[1] for match in _EXPECTED.finditer(text)}))
    return found


def _parse(text: str, name: str = "main.tf") -> Template:
    return parse_terraform(text, name)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def test_the_corpus_is_there() -> None:
    assert len(_samples()) >= 25
    assert all(sample.expected for sample in _samples())


@pytest.fixture(params=_samples(), ids=lambda sample: sample.path.name)
def sample(request: pytest.FixtureRequest) -> _Sample:
    found: _Sample = request.param
    return found


def test_each_function_is_attached_or_told_why_not(sample: _Sample) -> None:
    edited = _parse(sample.text).attach(_OPTIONS)
    after = {_short(one.name): one for one in _parse(edited.text).functions()}
    assert after.keys() == sample.expected.keys()
    for name, expected in sample.expected.items():
        kind, _, reason = expected.partition(": ")
        one = after[name]
        assert one.is_attached == (kind in ("attach", "attached")), (name, one.gap)
        assert (one.gap is not None) == (kind == "gap"), (name, one.gap)
        if one.gap is not None:
            assert reason in f"{one.gap.reason} {one.gap.hint}"
            assert reason in " ".join(
                f"{gap.reason} {gap.hint}" for gap in edited.gaps if _short(gap.function) == name
            )


def test_detach_gives_back_every_byte(sample: _Sample) -> None:
    edited = _parse(sample.text).attach(_OPTIONS)
    assert _parse(edited.text).detach().text == sample.text


def test_attaching_again_changes_nothing(sample: _Sample) -> None:
    edited = _parse(sample.text).attach(_OPTIONS)
    again = _parse(edited.text).attach(_OPTIONS)
    assert (again.text, again.changes) == (edited.text, ())


def test_attaching_otherwise_is_attaching_afresh(sample: _Sample) -> None:
    edited = _parse(sample.text).attach(_OPTIONS)
    other = Options(layer="arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:3")
    assert _parse(edited.text).attach(other).text == _parse(sample.text).attach(other).text


def test_the_parser_sees_what_was_there_and_ours(sample: _Sample) -> None:
    edited = _parse(sample.text).attach(_OPTIONS)
    before, after = _blocks(sample.text), _blocks(edited.text)
    made = after.keys() - before.keys()
    # One layer for each Python, or one that every function shares.
    layer = re.compile(r"resource aws_lambda_layer_version dayfly(_python(3\d\d|(and3\d\d))+)?")
    assert all(layer.fullmatch(key) for key in made)
    attached = {name for name, expected in sample.expected.items() if expected == "attach"}
    for key, block in before.items():
        if key.split()[-1] not in attached:
            assert after[key] == block
            continue
        rest = {"layers", "environment", "environment_variables", "dynamic"}
        assert {one: after[key][one] for one in block if one not in rest} == {
            one: block[one] for one in block if one not in rest
        }
        written = str({name: after[key].get(name) for name in rest})
        for word in (
            "AWS_LAMBDA_EXEC_WRAPPER",
            "/opt/dayfly",
            "DAYFLY_ISOLATION",
            "aws_lambda_layer_version.dayfly",
        ):
            assert word in written
        for value in re.findall(r"arn:aws:lambda:[\w:-]+|local\.\w+|var\.\w+", str(block)):
            assert value in str(after[key])


def test_a_mask_keeps_lines_and_loses_values(sample: _Sample) -> None:
    masked = _parse(sample.text).masked()
    assert masked.count("\n") == sample.text.count("\n")
    for value in ("prod", "INFO", "World"):
        assert f'"{value}"' not in masked


def _blocks(text: str) -> dict[str, dict[str, object]]:
    document = hcl2.loads(text.removeprefix("\ufeff").replace("\r\n", "\n") + "\n")
    found: dict[str, dict[str, object]] = {}
    for kind in ("resource", "module", "variable", "locals", "data"):
        for one in document.get(kind, []):
            path = [kind]
            while (
                len(one) == 1 and kind != "locals" and len(path) < (3 if kind in ("resource", "data") else 2)
            ):
                label = next(iter(one))
                path.append(label.strip('"'))
                one = one[label]
            found[" ".join(path)] = {key: value for key, value in one.items() if not key.startswith("__")}
    return found


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_detach_is_exact_whatever_was_edited_elsewhere(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(_samples()))
    attached = _parse(sample.text).attach(_OPTIONS).text
    eol = "\r\n" if "\r\n" in sample.text else "\n"
    line = data.draw(
        st.sampled_from(
            [
                'resource "aws_s3_bucket" "new" {}',
                'variable "new" { default = "x" }',
                "# only a comment, of dayfly",
                'output "o" { value = "a # dayfly:end" }',
                "",
            ]
        )
    )
    # At the top level, before something that both texts have.
    places = [
        match[0]
        for match in re.finditer(r"^(?:resource|module|variable|locals) .*$", sample.text, re.MULTILINE)
    ]
    # What attach edited itself is not elsewhere.
    place = data.draw(st.sampled_from([one for one in places if one in attached]))
    added = line + eol
    changed = attached.replace(place, added + place, 1)
    assert _parse(changed).detach().text == sample.text.replace(place, added + place, 1)


def test_a_variable_that_was_added_between_the_marks_stays() -> None:
    text = 'resource "aws_lambda_function" "a" {\n  runtime = "python3.12"\n}\n'
    attached = _parse(text).attach(_OPTIONS).text
    changed = attached.replace('"/opt/dayfly"\n', '"/opt/dayfly"\n      MINE = "1"\n')
    detached = _parse(changed).detach()
    assert detached.text == (
        'resource "aws_lambda_function" "a" {\n  runtime = "python3.12"\n'
        '  environment {\n    variables = {\n      MINE = "1"\n    }\n  }\n}\n'
    )
    assert [(gap.function, "stays" in gap.reason) for gap in detached.gaps] == [
        ("aws_lambda_function.a", True)
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # dayfly:end\n}", "}"),
        ("  # dayfly:begin\n  layers", "  layers"),
        ("/* dayfly:more */", ""),
        ("concat(/* dayfly:wrap */", "flatten(/* dayfly:wrap */"),
    ],
)
def test_a_torn_mark_is_refused_with_its_line(old: str, new: str) -> None:
    text = (
        'resource "aws_lambda_function" "a" {\n  runtime = "python3.12"\n}\n'
        'resource "aws_lambda_function" "b" {\n  runtime = "python3.12"\n  layers = concat(a.b, c.d)\n}\n'
    )
    attached = _parse(text).attach(_OPTIONS).text
    assert old in attached
    with pytest.raises(TemplateError, match=r"main\.tf:\d+ Dayfly's mark"):
        _parse(attached.replace(old, new)).detach()


@pytest.mark.parametrize(
    "text",
    [
        "resource {",
        'resource "aws_lambda_function" "a" {\n  runtime =\n}\n',
        "\x00",
        "a = " + "(" * 5000 + "1" + ")" * 5000,
        "a = " + "[" * 5000 + "]" * 5000,
        "a = <<EOT\nnever ended",
        "a" + " " * 5000 + "= 1",
        'a = "${',
    ],
)
def test_a_hostile_file_is_refused_in_words(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^main\.tf"):
        _parse(text)


def test_locals_that_name_each_other_end() -> None:
    lines = "\n".join(f"  l{n} = merge(local.l{n + 1}, local.l{n + 1})" for n in range(60))
    text = f"locals {{\n{lines}\n  l60 = {{}}\n  round = local.round\n}}\n"
    text += 'resource "aws_lambda_function" "a" {\n  runtime = local.round\n}\n'
    text += 'resource "aws_lambda_function" "b" {\n  runtime = "python3.12"\n  environment {\n    variables = local.l0\n  }\n}\n'
    functions = _parse(text).functions()
    assert [one.gap is None for one in functions] == [False, True]


def test_a_value_cannot_leave_its_string() -> None:
    text = 'resource "aws_lambda_function" "a" {\n  runtime = "python3.12"\n}\n'
    edited = _parse(text).attach(Options(settings={"DAYFLY_POLICY": '/opt/"}${file("x")}%{if}\\'}))
    assert '"/opt/\\"}$${file(\\"x\\")}%%{if}\\\\"' in edited.text
    assert _parse(edited.text).detach().text == text


@pytest.mark.parametrize("layer", ["arn:aws:lambda:x", "x y", '"]', "var", "arn:aws:s3:::bucket"])
def test_a_layer_that_is_none_is_refused(layer: str) -> None:
    text = 'resource "aws_lambda_function" "a" {\n  runtime = "python3.12"\n}\n'
    with pytest.raises(TemplateError, match="--layer"):
        _parse(text).attach(Options(layer=layer))


def test_a_layer_may_be_a_reference_or_lie_in_a_bucket() -> None:
    text = 'resource "aws_lambda_function" "a" {\n  runtime = "python3.12"\n}\n'
    assert "layers = [var.dayfly_layer]" in _parse(text).attach(Options(layer="var.dayfly_layer")).text
    edited = _parse(text).attach(Options(layer="s3://layers/dayfly.zip"))
    assert 's3_bucket  = "layers"' in edited.text
    assert edited.zips == ()


def test_only_the_named_functions_are_attached() -> None:
    text = _samples()[2].text
    edited = _parse(text).attach(Options(functions=frozenset({"aws_lambda_function.b"})))
    assert [one.is_attached for one in _parse(edited.text).functions()] == [False, True]
    with pytest.raises(TemplateError, match="has no function x"):
        _parse(text).attach(Options(functions=frozenset({"x"})))


def test_an_alias_on_a_fixed_version_is_noted() -> None:
    text = next(one.text for one in _samples() if one.path.name.startswith("28"))
    notes = _parse(text).attach(Options()).notes
    assert any("in version 7, without Dayfly" in note.reason for note in notes)


@pytest.mark.parametrize(
    ("layers", "old", "new"),
    [
        ("[a.b]", "dayfly.arn, /*", "dayfly.arn, var.mine, /*"),
        (
            "concat(a.b, c.d)",
            "[aws_lambda_layer_version.dayfly.arn]",
            "[aws_lambda_layer_version.dayfly.arn, var.mine]",
        ),
        ("[\n    a.b\n  ]", "    }\n  }\n  # dayfly:end", "    }\n  # dayfly:end\n  }"),
    ],
)
def test_what_was_put_into_dayflys_own_is_refused_with_its_line(layers: str, old: str, new: str) -> None:
    text = f'resource "aws_lambda_function" "a" {{\n  runtime = "python3.12"\n  layers = {layers}\n}}\n'
    attached = _parse(text).attach(_OPTIONS).text
    assert old in attached
    changed = _parse(attached.replace(old, new))
    with pytest.raises(TemplateError, match=r"main\.tf:\d+ the text between Dayfly's marks was edited"):
        changed.detach()
    with pytest.raises(TemplateError, match="was edited"):
        changed.attach(_OPTIONS)


def test_an_element_that_was_added_between_the_marks_stays() -> None:
    text = 'resource "aws_lambda_function" "a" {\n  runtime = "python3.12"\n  layers = [\n    a.b\n  ]\n}\n'
    attached = _parse(text).attach(_OPTIONS).text
    changed = attached.replace("dayfly.arn,\n", "dayfly.arn,\n    var.mine,\n")
    assert _parse(changed).detach().text == text.replace("    a.b", "    var.mine,\n    a.b")
