"""`dayfly attach --template` and `dayfly detach --template` on files."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from tests.attach.templates.samples import PATHS

from dayfly.attach.templates.model import Options, TemplateError
from dayfly.cli.attach_templates import attach_templates, detach_templates
from dayfly.cli.output import Output

ARN = "arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:4"
PUBLISHED = Options(layer=ARN)


def copied(folder: Path, name: str) -> Path:
    source = next(path for path in PATHS if path.name.startswith(name))
    path = folder / source.name
    path.write_bytes(source.read_bytes())
    return path


def attach(
    *paths: Path, options: Options = PUBLISHED, is_check: bool = False, is_dry_run: bool = False
) -> int:
    return attach_templates(Output(), paths, options, is_check=is_check, is_dry_run=is_dry_run)


def test_attach_writes_and_detach_gives_every_byte_back(tmp_path: Path) -> None:
    path = copied(tmp_path, "02")
    path.chmod(0o640)
    before = path.read_bytes()
    assert attach(path) == 0
    assert path.read_bytes() != before
    assert path.stat().st_mode & 0o777 == 0o640
    assert detach_templates(Output(), [path], is_dry_run=False) == 0
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_the_zip_lies_beside_the_template_before_the_template_names_it(tmp_path: Path) -> None:
    path = copied(tmp_path, "02")
    assert attach(path, options=Options()) == 0
    assert "./dayfly-layer-3.13.zip" in path.read_text()
    with zipfile.ZipFile(tmp_path / "dayfly-layer-3.13.zip") as layer:
        assert "dayfly" in layer.namelist()


def test_detach_takes_the_zip_away_with_the_last_template_that_names_it(tmp_path: Path) -> None:
    one, other = copied(tmp_path, "02"), tmp_path / "other.yaml"
    other.write_bytes(one.read_bytes())
    attach(one, other, options=Options())
    layer = tmp_path / "dayfly-layer-3.13.zip"
    detach_templates(Output(), [one], is_dry_run=False)
    assert layer.exists()
    detach_templates(Output(), [other], is_dry_run=True)
    assert layer.exists()
    detach_templates(Output(), [other], is_dry_run=False)
    assert not layer.exists()


def test_a_zip_of_that_name_that_is_no_layer_of_ours_stays(tmp_path: Path) -> None:
    path = copied(tmp_path, "02")
    attach(path, options=Options())
    layer = tmp_path / "dayfly-layer-3.13.zip"
    layer.write_bytes(b"mine")
    detach_templates(Output(), [path], is_dry_run=False)
    assert layer.read_bytes() == b"mine"


def test_attach_writes_over_no_file_of_somebody_else(tmp_path: Path) -> None:
    path, layer = copied(tmp_path, "02"), tmp_path / "dayfly-layer-3.13.zip"
    before = path.read_bytes()
    layer.write_bytes(b"mine")
    with pytest.raises(TemplateError, match="is not a layer that attach built"):
        attach(path, options=Options())
    layer.rename(tmp_path / "other")
    layer.symlink_to("other")
    with pytest.raises(TemplateError, match="is not a layer that attach built"):
        attach(path, options=Options())
    assert (path.read_bytes(), layer.read_bytes()) == (before, b"mine")


def test_a_dry_run_shows_a_diff_without_values_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied(tmp_path, "35")
    path.write_text(path.read_text().replace("OTHER: x", "OTHER: hunter2"))
    before = path.read_bytes()
    assert attach(path, options=Options(settings={"DAYFLY_GUARD": "observe"}), is_dry_run=True) == 0
    shown = capsys.readouterr().out
    assert "+          DAYFLY_GUARD: observe   # ours" in shown
    assert "hunter2" not in shown
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_the_check_lists_who_is_not_protected_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied(tmp_path, "18")
    assert attach(path, is_check=True) == 1
    shown = capsys.readouterr().out
    assert "18-five-layers.yaml:10 Full: does not have Dayfly" not in shown
    assert "Full: already has 5 layers" in shown
    assert "Room: does not have Dayfly" in shown
    assert "0 of 2 functions have Dayfly" in shown


def test_the_check_is_content_once_all_are_attached(tmp_path: Path) -> None:
    path = copied(tmp_path, "20")
    path.write_text(path.read_text().replace("Runtime: !Ref Any", "Runtime: ruby3.4"))
    attach(path, options=Options())
    before = path.read_bytes()
    assert attach(path, options=Options(), is_check=True) == 0
    assert path.read_bytes() == before


def test_an_image_is_told_and_fails_the_check_or_where_it_is_named_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n"
        "  F:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Runtime: python3.12, Handler: a.b, CodeUri: .}\n"
        "  Image:\n    Type: AWS::Serverless::Function\n    Properties: {PackageType: Image}\n"
    )
    assert attach(path) == attach(path) == 0
    assert "Image: is a container image" in capsys.readouterr().err
    assert attach(path, is_check=True) == 1
    assert attach(path, options=Options(ARN, functions=frozenset({"Image"}))) == 1
    # What a published layer holds was not looked at.
    assert attach(path, options=Options(ARN, functions=frozenset({"F"})), is_check=True) == 2


def test_json_says_all_in_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copied(tmp_path, "18")
    assert attach_templates(Output(is_json=True), [path], PUBLISHED, is_check=False, is_dry_run=True) == 1
    said = json.loads(capsys.readouterr().out)
    (template,) = said["templates"]
    assert template["is_changed"] is True
    assert template["is_written"] is False
    assert template["gaps"][0]["function"] == "Full"
    assert any(line.startswith("+") for line in template["diff"])
    assert attach_templates(Output(is_json=True), [path], PUBLISHED, is_check=True, is_dry_run=False) == 1
    assert json.loads(capsys.readouterr().out)["is_protected"] is False


def test_one_broken_file_leaves_all_as_they_are(tmp_path: Path) -> None:
    good, bad = copied(tmp_path, "01"), tmp_path / "bad.yaml"
    bad.write_text("Resources: [\n")
    before = good.read_bytes()
    with pytest.raises(TemplateError, match=r"bad\.yaml:\d"):
        attach(good, bad)
    assert good.read_bytes() == before


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path = copied(tmp_path, "01")
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    before = path.read_bytes()
    with pytest.raises(TemplateError, match="is a symbolic link"):
        attach(link)
    assert link.is_symlink()
    assert path.read_bytes() == before


def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:
    path = copied(tmp_path, "01")
    path.chmod(0o444)
    before = path.read_bytes()
    with pytest.raises(TemplateError, match="read-only"):
        attach(path)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write in any folder")
def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    path = copied(tmp_path, "01")
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(TemplateError, match="cannot be written"):
            attach(path)
    finally:
        tmp_path.chmod(0o755)


def test_functions_may_be_in_any_of_the_templates(tmp_path: Path) -> None:
    one, other = copied(tmp_path, "01"), copied(tmp_path, "03")
    before = one.read_bytes()
    assert attach(one, other, options=Options(layer=ARN, functions=frozenset({"Worker"}))) == 0
    assert one.read_bytes() == before
    assert "/opt/dayfly" in other.read_text()
    with pytest.raises(TemplateError, match="function Nobody not found"):
        attach(one, other, options=Options(layer=ARN, functions=frozenset({"Nobody"})))


def test_no_template_is_refused() -> None:
    with pytest.raises(TemplateError, match="no template was given"):
        attach()
