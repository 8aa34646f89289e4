"""Terraform's files in JSON, attached and detached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dayfly.attach.templates.model import Options, Template, TemplateError
from dayfly.attach.templates.reading import parse, read_all

_OPTIONS = Options(settings={"DAYFLY_ISOLATION": "window"})
_FUNCTION = "aws_lambda_function"


def _text(body: object, more: Mapping[str, object] | None = None, *, indent: int | None = 2) -> str:
    return json.dumps({"resource": {_FUNCTION: {"a": body}}, **(more or {})}, indent=indent)


_PYTHON = {"function_name": "a", "runtime": "python3.12", "handler": "app.handler"}
_ATTACHED = {
    "plain": _text(_PYTHON),
    "dense": _text(_PYTHON, indent=None),
    "tabs": _text(_PYTHON).replace("  ", "\t"),
    "crlf": _text(_PYTHON).replace("\n", "\r\n") + "\r\n",
    "bom": "\ufeff" + _text(_PYTHON),
    "variables": _text({**_PYTHON, "environment": {"variables": {"A": "${var.a}", "B": "2"}}}),
    "no variables": _text({**_PYTHON, "environment": {"variables": {}}, "layers": []}),
    "layers": _text({**_PYTHON, "layers": ["${aws_lambda_layer_version.x.arn}", "arn:x"]}),
    "wrapper": _text(
        {**_PYTHON, "environment": {"variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}}}
    ),
    "default": _text({**_PYTHON, "runtime": "${var.r}"}, {"variable": {"r": {"default": "python3.13"}}}),
    "local": _text({**_PYTHON, "runtime": "python${local.v}"}, {"locals": {"v": "3.13"}}),
    "each": _text(
        {**_PYTHON, "runtime": "${each.value.r}", "for_each": "${local.f}"},
        {"locals": {"f": {"x": {"r": "python3.12"}, "y": {"r": "python3.13"}}}},
    ),
    "comment": _text(_PYTHON, {"//": {"mine": "kept"}}),
    "own layers": json.dumps(
        {"resource": {_FUNCTION: {"a": _PYTHON}, "aws_lambda_layer_version": {"x": {"layer_name": "x"}}}},
        indent=4,
    ),
}
_GAPS = {
    "has a runtime": _text({**_PYTHON, "runtime": "${var.r}"}),
    "RUN pip install --no-cache-dir dayfly-runtime": _text({"package_type": "Image", "image_uri": "x"}),
    "ignores changes": _text({**_PYTHON, "lifecycle": {"ignore_changes": ["environment"]}}),
    "has 5 layers": _text({**_PYTHON, "layers": list("abcde")}),
    "are not a list": _text({**_PYTHON, "layers": "${var.layers}"}),
    "are not an object": _text({**_PYTHON, "environment": {"variables": "${var.env}"}}),
    "one object for each function": _text([_PYTHON]),
    "give --layer ARN": _text({**_PYTHON, "provider": "aws.x"}),
    "sets DAYFLY_ISOLATION itself": _text(
        {**_PYTHON, "environment": {"variables": {"DAYFLY_ISOLATION": "process"}}}
    ),
    "is not supported": _text({**_PYTHON, "runtime": "python3.8"}),
}


def _parse(text: str) -> Template:
    return parse(text, "main.tf.json")


@pytest.mark.parametrize("text", _ATTACHED.values(), ids=_ATTACHED)
def test_what_is_attached_is_in_force_and_undone_byte_for_byte(text: str) -> None:
    edited = _parse(text).attach(_OPTIONS)
    body = json.loads(edited.text.removeprefix("\ufeff"))["resource"][_FUNCTION]["a"]
    variables = body["environment"]["variables"]
    assert variables["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/dayfly"
    assert variables["DAYFLY_ISOLATION"] == "window"
    assert ("DAYFLY_NEXT_WRAPPER" in variables) == ("otel" in text)
    assert body["layers"][-1] == "${aws_lambda_layer_version.dayfly_main.arn}"
    assert [one.is_attached for one in _parse(edited.text).functions()] == [True]
    assert _parse(edited.text).attach(_OPTIONS).text == edited.text
    assert _parse(edited.text).detach().text == text


@pytest.mark.parametrize(("reason", "text"), _GAPS.items(), ids=_GAPS)
def test_what_is_not_attached_is_told_and_unchanged(reason: str, text: str) -> None:
    edited = _parse(text).attach(_OPTIONS)
    assert edited.text == text
    assert [reason in f"{gap.reason} {gap.hint}" for gap in edited.gaps] == [True]


def test_the_registrys_module_and_other_languages() -> None:
    text = json.dumps(
        {
            "module": {"m": {"source": "terraform-aws-modules/lambda/aws", "runtime": "python3.12"}},
            "resource": {_FUNCTION: {"n": {"runtime": "nodejs22.x"}}},
        }
    )
    edited = _parse(text).attach(_OPTIONS)
    assert (
        json.loads(edited.text)["module"]["m"]["environment_variables"]["AWS_LAMBDA_EXEC_WRAPPER"]
        == "/opt/dayfly"
    )
    assert "layers" not in json.loads(edited.text)["resource"][_FUNCTION]["n"]
    assert _parse(edited.text).detach().text == text


def test_a_setting_is_no_template_of_terraforms() -> None:
    edited = _parse(_text(_PYTHON)).attach(Options(settings={"DAYFLY_POLICY": "${file(1)}%{if}"}))
    assert '"$${file(1)}%%{if}"' in edited.text


def test_what_was_edited_elsewhere_stays() -> None:
    text = _text({**_PYTHON, "environment": {"variables": {"A": "b"}}})
    attached = _parse(text).attach(_OPTIONS).text
    assert _parse(attached.replace('"app.handler"', '"x.y"')).detach().text == text.replace(
        '"app.handler"', '"x.y"'
    )


def test_what_another_tool_makes_is_refused() -> None:
    with pytest.raises(TemplateError, match="CDK for Terraform"):
        _parse(_text(_PYTHON, {"//": {"metadata": {"backend": "local"}}}))


@pytest.mark.parametrize(
    "text", ["{", "[]x", '{"resource": {"aws_lambda_function": {"a": {}, "a": {}}}}', "[" * 5000]
)
def test_a_hostile_file_is_refused_in_words(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^main\.tf\.json"):
        _parse(text)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"resource": []}', '{"resource": {"aws_lambda_function": []}}', '"x"']
)
def test_a_file_without_functions_has_none(text: str) -> None:
    template = _parse(text)
    assert template.functions() == []
    assert template.attach(_OPTIONS).text == text


def test_files_in_both_forms_count_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text(_text({**_PYTHON, "runtime": "${var.r}"}))
    (tmp_path / "variables.tf").write_text('variable "r" { default = "python3.12" }\n')
    (template,) = read_all([tmp_path])
    assert template.path.endswith("main.tf.json")
    assert [one.runtimes for one in template.functions()] == [("python3.12",)]


def test_a_variable_and_a_layer_that_were_added_beside_stay() -> None:
    attached = json.loads(_parse(_text(_PYTHON)).attach(_OPTIONS).text)
    attached["resource"][_FUNCTION]["a"]["environment"]["variables"]["MINE"] = "1"
    attached["resource"]["aws_lambda_layer_version"]["mine"] = {"layer_name": "mine"}
    detached = json.loads(_parse(json.dumps(attached)).detach().text)
    assert detached == {
        "resource": {
            _FUNCTION: {"a": {**_PYTHON, "environment": {"variables": {"MINE": "1"}}}},
            "aws_lambda_layer_version": {"mine": {"layer_name": "mine"}},
        }
    }


def test_the_layer_stays_where_something_else_uses_it() -> None:
    attached = json.loads(_parse(_text(_PYTHON)).attach(_OPTIONS).text)
    attached["output"] = {"o": {"value": "${aws_lambda_layer_version.dayfly_main.arn}"}}
    detached = _parse(json.dumps(attached)).detach()
    assert "dayfly_main" in json.loads(detached.text)["resource"]["aws_lambda_layer_version"]
    assert ["still in use" in gap.reason for gap in detached.gaps] == [True]
