"""Attach and detach of whole SAM and CloudFormation templates."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.attach.templates.samples import OPTIONS, PATHS, expected, sample, shapes, text_of

from dayfly.attach.templates.cloudformation import CloudFormationTemplate
from dayfly.attach.templates.model import Kind, Options, TemplateError
from dayfly.attach.templates.reading import parse

ARN = "arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:4"
each_sample = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)


def test_there_are_forty_samples_and_more() -> None:
    assert len(PATHS) >= 40
    assert expected().keys() == {path.name for path in PATHS}


@each_sample
def test_attach_edits_who_can_be_attached_and_says_why_others_are_not(path: Path) -> None:
    edited = parse(text_of(path), path.name).attach(OPTIONS)
    wanted = expected()[path.name]
    assert [one.function for one in edited.changes if "Layer" not in one.function] == wanted["attached"]
    assert {gap.function for gap in edited.gaps} == wanted["gaps"].keys()
    for gap in edited.gaps:
        assert wanted["gaps"][gap.function] in gap.reason


@each_sample
def test_detach_gives_back_what_attach_found_however_it_was_saved(path: Path) -> None:
    for number, (shape, text) in enumerate(shapes(text_of(path))):
        attached = parse(text, path.name).attach(Options(layer=ARN) if number % 2 else OPTIONS).text
        assert parse(attached, path.name).detach().text == text, shape


@each_sample
def test_attaching_twice_is_attaching_once(path: Path) -> None:
    once = parse(text_of(path), path.name).attach(OPTIONS).text
    twice = parse(once, path.name).attach(OPTIONS)
    assert twice.text == once
    assert twice.changes == ()


@each_sample
def test_what_attach_edited_counts_as_attached(path: Path) -> None:
    attached = parse(parse(text_of(path), path.name).attach(OPTIONS).text, path.name).functions()
    assert {one.name for one in attached if one.is_attached} >= set(expected()[path.name]["attached"])


def test_attaching_with_other_options_replaces_the_first() -> None:
    first = parse(sample("01").attach(OPTIONS).text, "x.yaml")
    second = parse(first.attach(Options(layer=ARN)).text, "x.yaml")
    assert "DAYFLY_GUARD" not in second.text
    assert "DayflyLayer" not in second.text
    assert second.detach().text == sample("01").text


def test_line_ends_of_what_is_added_are_those_of_the_file() -> None:
    text = sample("01").text.replace("\n", "\r\n")
    assert "\n" not in parse(text, "x.yaml").attach(OPTIONS).text.replace("\r\n", "")


def test_a_note_within_inline_code_is_code() -> None:
    assert sample("05").detach().text == sample("05").text


def test_the_other_wrapper_keeps_its_words_under_another_name() -> None:
    text = sample("14").attach(OPTIONS).text
    assert "\"DAYFLY_NEXT_WRAPPER\": '/opt/datadog_wrapper'   # keep" in text
    assert "AWS_LAMBDA_EXEC_WRAPPER: /opt/dayfly" in text


def test_a_wrapper_of_globals_is_chained_in_each_function() -> None:
    text = sample("15").attach(OPTIONS).text
    assert text.count("DAYFLY_NEXT_WRAPPER: /opt/otel-instrument") == 2


def test_a_value_that_was_there_comes_back_as_it_was_written() -> None:
    attached = parse(sample("35").attach(OPTIONS).text, "x.yaml")
    assert "DAYFLY_GUARD: observe   # ours" in attached.text
    assert "DAYFLY_GUARD: 'block'   # ours" in attached.detach().text


def test_both_sides_of_a_condition_get_the_layer() -> None:
    text = sample("17").attach(OPTIONS).text
    assert "- [!Ref DayflyLayer]" in text
    assert "layer:debug:9\n            - !Ref DayflyLayer" in text


def test_the_layer_is_for_the_pythons_of_the_template_and_its_zip_is_named_by_them() -> None:
    edited = sample("20").attach(OPTIONS)
    # What one function may run on, another does not: each has its own.
    assert [one.pythons for one in edited.zips] == [
        ("3.12", "3.13"),
        ("3.14",),
        ("3.13", "3.14"),
        ("3.13",),
    ]
    assert "ContentUri: ./dayfly-layer-3.12-3.13.zip" in edited.text


def test_a_published_layer_needs_no_resource_and_no_zip() -> None:
    edited = sample("10").attach(Options(layer=ARN))
    assert f'"{ARN}"' in edited.text
    assert edited.zips == ()
    assert "LayerVersion" not in edited.text


def test_a_parameter_may_give_the_layer() -> None:
    template = parse(sample("10").text.replace("      Layers: [!Ref LayerArn]\n", ""), "x.yaml")
    assert "      - !Ref LayerArn" in template.attach(Options(layer="LayerArn")).text


def test_a_layer_that_is_there_already_is_neither_added_nor_taken_out() -> None:
    attached = sample("10").attach(Options(layer="LayerArn")).text
    assert "Layers: [!Ref LayerArn]" in attached
    assert parse(attached, "x.yaml").detach().text == sample("10").text


def test_a_bucket_may_hold_the_layer() -> None:
    text = sample("10").attach(Options(layer="s3://mine/dayfly.zip")).text
    assert "S3Bucket: mine" in text


@pytest.mark.parametrize(
    "layer", ["arn:aws:lambda:eu-west-1:123456789012:layer:dayfly", "Nothing", "s3://only"]
)
def test_a_layer_that_is_none_is_refused(layer: str) -> None:
    with pytest.raises(TemplateError, match="--layer"):
        sample("10").attach(Options(layer=layer))


def test_only_the_functions_asked_for_are_edited() -> None:
    edited = sample("07").attach(Options(functions=frozenset({"B"})))
    assert [one.function for one in edited.changes] == ["DayflyLayer", "B"]


@pytest.mark.parametrize("layer", ["", "arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:1"])
def test_naming_a_function_keeps_dayfly_and_its_settings_on_those_not_named(layer: str) -> None:
    before = sample("07")
    only_a = Options(layer, {"DAYFLY_GUARD": "observe"}, frozenset({"A"}))
    only_b = Options(layer, {"DAYFLY_MAX_AGE": "15m"}, frozenset({"B"}))
    first = parse(before.attach(only_a).text, before.path)
    both = parse(first.attach(only_b).text, before.path)
    attached = [one.name for one in both.functions() if one.is_attached]
    assert attached == ["A", "B"]
    assert both.text.count("DAYFLY_GUARD: observe") == both.text.count('DAYFLY_MAX_AGE: "15m"') == 1
    assert both.attach(only_b).text == both.text
    assert both.detach().text == before.text


def test_those_attached_before_keep_it_and_are_told() -> None:
    once = sample("07").attach(Options(functions=frozenset({"B"})))
    twice = parse(once.text, "x.yaml").attach(Options(functions=frozenset({"A"})))
    after = parse(twice.text, "x.yaml")
    assert {one.name for one in after.functions() if one.is_attached} == {"A", "B"}
    assert any(note.function == "B" and "already attached" in note.reason for note in twice.notes)
    assert after.detach().text == sample("07").text


def test_a_function_that_is_not_there_is_refused() -> None:
    with pytest.raises(TemplateError, match="does not contain the function Nobody"):
        sample("07").attach(Options(functions=frozenset({"Nobody"})))


def test_releases_and_other_tools_are_noted() -> None:
    notes = [note.reason for note in sample("26").attach(OPTIONS).notes]
    for word in ("AutoPublishAlias", "provisioned concurrency", "SnapStart"):
        assert any(word in note for note in notes)
    assert any("Published" in note.reason for note in sample("10").attach(Options(layer=ARN)).notes)
    assert any("Datadog" in note.reason for note in sample("14").attach(OPTIONS).notes)


def test_an_image_that_starts_dayfly_is_attached_and_another_shows_the_lines() -> None:
    functions = {one.name: one for one in sample("25").functions()}
    assert functions["Entered"].is_attached
    gap = functions["Image"].gap
    assert gap is not None
    assert 'ENTRYPOINT ["python", "-I", "-m", "dayfly.runtime"]' in gap.hint


@pytest.mark.parametrize(
    ("dockerfile", "is_attached", "is_open"),
    [
        (
            'FROM public.ecr.aws/lambda/python:3.12\nENTRYPOINT ["python", "-I", "-m", \\\n "dayfly.runtime"]\n',
            True,
            False,
        ),
        (
            "FROM public.ecr.aws/lambda/python:3.12\n# ENTRYPOINT dayfly.runtime\nCMD app.handler\n",
            False,
            True,
        ),
        ("FROM public.ecr.aws/lambda/nodejs:22\nCMD app.handler\n", False, False),
    ],
)
def test_a_dockerfile_beside_the_template_tells(dockerfile: str, *, is_attached: bool, is_open: bool) -> None:
    template = sample("25")
    assert isinstance(template, CloudFormationTemplate)
    template.dockerfiles["Image"] = dockerfile
    image = next(one for one in template.functions() if one.name == "Image")
    assert (image.is_attached, image.gap is not None) == (is_attached, is_open)


def test_values_are_masked_and_choices_of_dayfly_are_not() -> None:
    masked = parse(sample("35").attach(OPTIONS).text, "x.yaml").masked()
    assert "OTHER: ***" in masked
    assert "DAYFLY_GUARD: observe" in masked
    assert "'block'" not in masked
    assert len(masked.splitlines()) == len(sample("35").attach(OPTIONS).text.splitlines())


def test_kinds_are_told_apart() -> None:
    assert (sample("01").kind, sample("09").kind) == (Kind.SAM, Kind.CLOUDFORMATION)
