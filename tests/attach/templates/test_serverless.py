"""Services of the Serverless Framework, attached and detached: a corpus, edits in between, and hostile files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dayfly.attach.templates.model import Kind, Options, Template, TemplateError
from dayfly.attach.templates.reading import parse, read, read_all
from dayfly.attach.templates.serverless_service import Service

_FOLDER = Path(__file__).parent / "serverless"
_EXPECTED = re.compile(r"expect: (\S+) ([a-z]+(?:: [^\r\n]+)?)")
_OPTIONS = Options(settings={"DAYFLY_ISOLATION": "window", "DAYFLY_MAX_AGE": "15m"})


class _Sample(NamedTuple):
    path: Path
    text: str
    expected: dict[str, str]


def _samples() -> list[_Sample]:
    found = []
    for path in sorted(_FOLDER.iterdir()):
        if path.is_file():
            text = path.read_bytes().decode()
            found.append(_Sample(path, text, {match[1]: match[2] for match in _EXPECTED.finditer(text)}))
    return found


def _parse(text: str, sample: _Sample) -> Template:
    return parse(text, str(sample.path))


def test_the_corpus_is_there() -> None:
    assert len(_samples()) >= 25
    assert all(sample.expected for sample in _samples())


@pytest.fixture(params=_samples(), ids=lambda sample: sample.path.name)
def sample(request: pytest.FixtureRequest) -> _Sample:
    found: _Sample = request.param
    return found


def test_each_function_is_attached_or_told_why_not(sample: _Sample) -> None:
    template = _parse(sample.text, sample)
    assert template.kind is Kind.SERVERLESS
    before = {one.name: one for one in template.functions()}
    edited = template.attach(_OPTIONS)
    after = {one.name: one for one in _parse(edited.text, sample).functions()}
    assert after.keys() == before.keys() == sample.expected.keys()
    for name, expected in sample.expected.items():
        kind, _, reason = expected.partition(": ")
        assert after[name].is_attached == (kind in ("attach", "attached")), (
            name,
            after[name].gap,
            edited.gaps,
        )
        told = " ".join(f"{gap.reason} {gap.hint}" for gap in edited.gaps if gap.function == name)
        assert bool(told) == (kind == "gap"), (name, told)
        if kind == "gap":
            assert reason in told


def test_detach_gives_back_every_byte(sample: _Sample) -> None:
    edited = _parse(sample.text, sample).attach(_OPTIONS)
    assert _parse(edited.text, sample).detach().text == sample.text


def test_attaching_again_changes_nothing(sample: _Sample) -> None:
    edited = _parse(sample.text, sample).attach(_OPTIONS)
    again = _parse(edited.text, sample).attach(_OPTIONS)
    assert (again.text, again.changes) == (edited.text, ())


def test_attaching_otherwise_is_attaching_afresh(sample: _Sample) -> None:
    edited = _parse(sample.text, sample).attach(_OPTIONS)
    other = Options(layer="arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:3")
    afresh = _parse(sample.text, sample).attach(other)
    assert _parse(edited.text, sample).attach(other).text == afresh.text
    assert afresh.zips == ()


def test_a_mask_keeps_lines_and_loses_values(sample: _Sample) -> None:
    masked = _parse(sample.text, sample).masked()
    assert masked.count("\n") == sample.text.count("\n")
    for value in ("orders-$", '"INFO"', "/opt/otel-instrument", "DD_ENV: prod"):
        assert value not in masked


def test_what_was_there_is_there_still(sample: _Sample) -> None:
    edited = _parse(sample.text, sample).attach(_OPTIONS)
    lines = edited.text.splitlines()
    changed = (
        "layers:",
        "AWS_LAMBDA_EXEC_WRAPPER",
        "environment:",
        '"a"',
        '"js"',
        "provider: {",
        "a: {",
        '"provider"',
    )
    for line in sample.text.removeprefix("\ufeff").splitlines():
        if line.strip() and not line.lstrip().startswith(changed) and sample.path.suffix != ".json":
            assert line in lines or any(one.startswith(line) for one in lines)


def test_layers_of_a_function_that_replace_the_providers_get_dayflys_too() -> None:
    sample = next(one for one in _samples() if one.path.name.startswith("04"))
    text = _parse(sample.text, sample).attach(Options()).text
    assert text.count("- !Ref DayflyLambdaLayer") == 2
    assert text.count("AWS_LAMBDA_EXEC_WRAPPER: /opt/dayfly") == 1


def test_a_provider_with_other_languages_keeps_its_environment() -> None:
    sample = next(one for one in _samples() if one.path.name.startswith("07"))
    text = _parse(sample.text, sample).attach(Options()).text
    assert "    AWS_LAMBDA_EXEC_WRAPPER: /opt/otel-instrument\n" in text
    assert "      DAYFLY_NEXT_WRAPPER: /opt/otel-instrument\n" in text


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_detach_is_exact_whatever_was_edited_elsewhere(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([one for one in _samples() if one.path.suffix == ".yml"]))
    attached = _parse(sample.text, sample).attach(_OPTIONS).text
    eol = "\r\n" if "\r\n" in sample.text else "\n"
    added = data.draw(
        st.sampled_from(
            [
                "# dayfly",
                "x-new: 1",
                "x-new:" + eol + "  - a # b",
                "x-new: |" + eol + "  # dayfly-attach {}",
                "",
            ]
        )
    )
    places = [
        match[0] for match in re.finditer(r"^(?:service|provider|functions)\b.*$", sample.text, re.MULTILINE)
    ]
    # What attach edited itself is not elsewhere.
    place = data.draw(st.sampled_from([one for one in places if one in attached]))
    changed = attached.replace(place, added + eol + place, 1)
    detached = _parse(changed, sample).detach()
    assert detached.text == sample.text.replace(place, added + eol + place, 1)
    assert detached.gaps == ()


_TEXT = "service: a\nprovider:\n  name: aws\n  runtime: python3.12\nfunctions:\n  f:\n    handler: a.b\n"


def _hello(text: str = _TEXT) -> Template:
    return parse(text, "serverless.yml")


def test_a_variable_that_was_added_beside_stays() -> None:
    attached = _hello().attach(Options()).text
    changed = attached.replace("/opt/dayfly\n", "/opt/dayfly\n    MINE: x\n")
    assert _hello(changed).detach().text == _TEXT.replace(
        "python3.12\n", "python3.12\n  environment:\n    MINE: x\n"
    )


def test_another_wrapper_since_is_left_and_told() -> None:
    attached = _hello().attach(Options()).text
    changed = attached.replace("/opt/dayfly", "/opt/mine")
    detached = _hello(changed).detach()
    assert detached.text == changed
    assert ["AWS_LAMBDA_EXEC_WRAPPER was changed" in gap.reason for gap in detached.gaps] == [True]
    again = _hello(changed).attach(Options())
    assert (again.text, len(again.gaps)) == (changed, 1)


@pytest.mark.parametrize(
    "note",
    [
        "{}x",
        "[]",
        '{"made": {}}',
        '{"made": [1]}',
        '{"set": {"a": []}}',
        '{"evil": 1}',
        "{" * 5000,
        '{"layer": 1}',
        '{"layer": "not JSON"}',
    ],
)
def test_an_edited_note_is_refused_with_its_line(note: str) -> None:
    text = f"{_TEXT}# dayfly-attach {{{note}}}\n"
    with pytest.raises(TemplateError, match=r"^serverless\.yml:8 the note of `dayfly attach`"):
        _hello(text)


@pytest.mark.parametrize(
    "note",
    [
        '{"made": ["service", "functions.f", "nothing.there", ".", ""], "items": ["service"], "layer": "1"}',
        '{"set": {"functions": {"f": "x"}, "service": {}}}',
        '{"was": {"functions": "gone"}, "renamed": ["functions"]}',
    ],
)
def test_a_note_of_somebody_else_does_no_more_than_it_says(note: str) -> None:
    # It is his file: what matters is that there is an answer, and no traceback.
    _hello(f"# dayfly-attach {note}\n{_TEXT}").detach()


@pytest.mark.parametrize(
    "text",
    [
        "service: a\nprovider: [\n",
        "service: a\nprovider: {name: aws}\nfunctions: &a [*a]\n",
        "service: a\nservice: b\nprovider: {}\n",
        "a: &a [x]\n"
        + "\n".join(f"b{n}: &b{n} [{'*a, ' * 9}]" for n in range(3))
        + "\nservice: x\nprovider: *b9\n",
        "service: a\nprovider:\n" + "".join(" " * n + "a:\n" for n in range(1, 300)),
        "\x00",
    ],
)
def test_a_hostile_file_is_refused_in_words(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^serverless\.yml"):
        _hello(text)


def test_variables_that_name_each_other_end() -> None:
    text = (
        "service: a\nprovider:\n  name: aws\n  runtime: ${self:provider.runtime}\n"
        "functions:\n  f: ${self:functions.f}\n  g:\n    handler: a.b\n    runtime: "
        + "${self:custom.x}" * 40
        + "\ncustom:\n  x: ${self:custom.y}${self:custom.y}\n  y: ${self:custom.x}\n"
    )
    assert all(one.gap is not None for one in _hello(text).functions())


def test_a_function_that_is_no_mapping_is_a_gap() -> None:
    functions = _hello("service: a\nprovider: {name: aws}\nfunctions:\n  f: 12\n  g:\n  h: [a]\n").functions()
    assert [one.gap is not None for one in functions] == [True, True, True]


@pytest.mark.parametrize("layer", ["arn:aws:lambda:x", "nothing", "s3://bucket/key"])
def test_a_layer_that_is_none_is_refused(layer: str) -> None:
    with pytest.raises(TemplateError, match="--layer"):
        _hello().attach(Options(layer=layer))


def test_a_layer_may_be_one_of_the_services_or_a_variable() -> None:
    own = "layers:\n  my-own_one:\n    path: x\n" + _TEXT
    assert "!Ref MyDashownUnderscoreoneLambdaLayer" in _hello(own).attach(Options(layer="my-own_one")).text
    assert '"${ssm:/dayfly}"' in _hello().attach(Options(layer="${ssm:/dayfly}")).text


def test_only_the_named_functions_are_attached() -> None:
    text = _TEXT + "  g:\n    handler: a.b\n"
    edited = _hello(text).attach(Options(functions=frozenset({"g"})))
    assert [one.is_attached for one in _hello(edited.text).functions()] == [False, True]
    both = _hello(edited.text).attach(Options(functions=frozenset({"f"})))
    assert [one.is_attached for one in _hello(both.text).functions()] == [True, True]
    assert _hello(edited.text).detach().text == text


def test_functions_that_are_not_named_keep_their_settings() -> None:
    text = _TEXT + "  g:\n    handler: a.b\n"
    first = _hello(text).attach(Options("", {"DAYFLY_GUARD": "observe"}, frozenset({"g"})))
    second = _hello(first.text).attach(Options("", {"DAYFLY_MAX_AGE": "15m"}, frozenset({"f"})))
    assert second.text.count("DAYFLY_GUARD: observe") == second.text.count("DAYFLY_MAX_AGE: ") == 1
    assert _hello(second.text).detach().text == text


@pytest.mark.parametrize("name", ["serverless.ts", "serverless.js", "app.py"])
def test_a_program_is_named_as_not_editable(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("module.exports = {}")
    with pytest.raises(TemplateError, match="is a program") as raised:
        read_all([tmp_path / name])
    assert ("DayflyLambdaLayer" in raised.value.hint) == name.startswith("serverless")


def test_includes_are_looked_for_beside_the_service(tmp_path: Path) -> None:
    (tmp_path / "functions.yml").write_text("f:\n  handler: a.b\n")
    (tmp_path / "serverless.yml").write_text(
        "service: a\nprovider:\n  name: aws\n  runtime: python3.12\nfunctions: ${file(./functions.yml)}\n"
    )
    template = read(tmp_path / "serverless.yml")
    edited = template.attach(Options())
    assert [one.is_attached for one in parse(edited.text, template.path).functions()] == [True]


def test_a_service_reads_nothing_by_itself() -> None:
    template = _hello("service: a\nprovider: {name: aws}\nfunctions: ${file(/etc/passwd)}\n")
    assert [one.gap is not None for one in template.functions()] == [True]
    assert Service.__doc__


def test_a_layer_that_was_added_beside_stays_and_one_that_is_used_too() -> None:
    attached = _hello().attach(Options()).text
    changed = attached.replace("layers:\n  dayfly:", "layers:\n  mine:\n    path: x\n  dayfly:")
    assert _hello(changed).detach().text == _TEXT.replace(
        "service: a\n", "service: a\nlayers:\n  mine:\n    path: x\n"
    )
    used = attached + "  g:\n    handler: a.b\n    layers:\n      - !Ref DayflyLambdaLayer\n"
    detached = _hello(used).detach()
    assert "artifact: dayfly-layer-3.12.zip" in detached.text
    assert ["still in use" in gap.reason for gap in detached.gaps] == [True]
