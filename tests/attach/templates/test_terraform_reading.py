"""A folder of Terraform's: what one file says counts for the others, and the layer is there once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.attach.templates.model import Options, Template, TemplateError
from dayfly.attach.templates.reading import read_all

_FUNCTION = 'resource "aws_lambda_function" "{}" {{\n  runtime = {}\n}}\n'


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)


def _attach(folder: Path, *paths: Path) -> list[Template]:
    templates = read_all(paths or (folder,))
    for template in templates:
        Path(template.path).write_text(template.attach(Options()).text)
    return read_all(paths or (folder,))


def test_variables_locals_and_settings_of_other_files_count(tmp_path: Path) -> None:
    _write(
        tmp_path,
        main_tf=_FUNCTION.format("a", "var.runtime") + _FUNCTION.format("b", "local.runtime"),
        variables_tf='variable "runtime" {}\n',
        locals_tf='locals { runtime = "python3.13" }\n',
        prod_tfvars='runtime = "python3.12"\n',
    )
    (template,) = read_all([tmp_path])
    assert [one.runtimes for one in template.functions()] == [("python3.12",), ("python3.13",)]


def test_a_layer_is_made_once_for_each_python_in_use(tmp_path: Path) -> None:
    _write(
        tmp_path,
        a_tf=_FUNCTION.format("a", '"python3.12"'),
        b_tf=_FUNCTION.format("b", '"python3.13"'),
        c_tf="\n",
    )
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    templates = read_all([tmp_path])
    zips = [[one.name for one in template.attach(Options()).zips] for template in templates]
    assert zips == [["dayfly-layer-3.12.zip", "dayfly-layer-3.13.zip"], []]
    after = _attach(tmp_path)
    texts = [template.text for template in after]
    assert ['resource "aws_lambda_layer_version"' in text for text in texts] == [True, False]
    for python, text in zip(("312", "313"), texts, strict=True):
        assert f"layers = [aws_lambda_layer_version.dayfly_python{python}.arn]" in text
    assert [template.attach(Options()).text for template in after] == texts
    for template in after:
        Path(template.path).write_text(template.detach().text)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_new_file_takes_the_layer_over(tmp_path: Path) -> None:
    _write(tmp_path, b_tf=_FUNCTION.format("b", '"python3.12"'))
    _attach(tmp_path)
    _write(tmp_path, a_tf=_FUNCTION.format("a", '"python3.14"'))
    texts = [template.text for template in _attach(tmp_path)]
    assert ['resource "aws_lambda_layer_version"' in text for text in texts] == [True, False]
    assert all(f"dayfly-layer-{python}.zip" in texts[0] for python in ("3.12", "3.14"))


def test_a_file_by_itself_uses_the_layer_of_another_but_not_for_another_python(tmp_path: Path) -> None:
    _write(tmp_path, a_tf=_FUNCTION.format("a", '"python3.12"'))
    _attach(tmp_path)
    _write(tmp_path, b_tf=_FUNCTION.format("b", '"python3.12"') + _FUNCTION.format("c", '"python3.13"'))
    (template,) = read_all([tmp_path / "b.tf"])
    edited = template.attach(Options())
    assert 'resource "aws_lambda_layer_version"' not in edited.text
    assert edited.zips == ()
    assert [gap.reason for gap in edited.gaps] == ["the folder's layer is for Python 3.12"]


def test_the_layer_stays_while_another_file_uses_it(tmp_path: Path) -> None:
    _write(tmp_path, a_tf=_FUNCTION.format("a", '"python3.12"'), b_tf=_FUNCTION.format("b", '"python3.12"'))
    _attach(tmp_path)
    (template,) = read_all([tmp_path / "a.tf"])
    detached = template.detach()
    assert detached.text == template.text
    assert ["still used by" in gap.reason for gap in detached.gaps] == [True]


def test_a_call_of_a_module_with_functions_is_a_gap_that_names_its_folder(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    _write(tmp_path / "modules", main_tf=_FUNCTION.format("inner", '"python3.12"'))
    _write(
        tmp_path, main_tf=_FUNCTION.format("a", '"python3.12"') + 'module "m" {\n  source = "./modules"\n}\n'
    )
    (template,) = read_all([tmp_path])
    gaps = template.attach(Options()).gaps
    assert [(gap.function, gap.reason) for gap in gaps] == [
        ("module.m", "defines its functions in ./modules")
    ]


def test_a_folder_without_functions_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, main_tf="locals {}\n")
    with pytest.raises(TemplateError, match="has no Lambda function"):
        read_all([tmp_path])


def test_a_wrong_file_beside_is_named(tmp_path: Path) -> None:
    _write(tmp_path, a_tf=_FUNCTION.format("a", '"python3.12"'), b_tf="resource {")
    with pytest.raises(TemplateError, match=r"b\.tf:1 is not valid HCL"):
        read_all([tmp_path / "a.tf"])


def test_naming_functions_keeps_what_is_attached_and_its_layer(tmp_path: Path) -> None:
    _write(tmp_path, a_tf=_FUNCTION.format("a", '"python3.12"'), b_tf=_FUNCTION.format("b", '"python3.13"'))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for name, age in (("b", "15m"), ("a", "20m")):
        options = Options("", {"DAYFLY_MAX_AGE": age}, frozenset({f"aws_lambda_function.{name}"}))
        for template in read_all([tmp_path]):
            Path(template.path).write_text(template.attach(options).text)
    templates = read_all([tmp_path])
    assert [[one.is_attached for one in template.functions()] for template in templates] == [[True], [True]]
    assert "".join(template.text for template in templates).count('resource "aws_lambda_layer_version"') == 2
    assert all(f"dayfly-layer-{python}.zip" in templates[0].text for python in ("3.12", "3.13"))
    assert ['"20m"' in templates[0].text, '"15m"' in templates[1].text] == [True, True]
    for template in templates:
        Path(template.path).write_text(template.detach().text)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
