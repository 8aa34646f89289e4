"""The construct in a real CDK app: what `cdk synth` makes of it, in an environment with aws-cdk-lib."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.cdk.environment import cdk_python

_APP = Path(__file__).parent / "samples" / "app.py"
_OLD = """{"Resources": {"Old": {"Type": "AWS::Serverless::Function", "Properties": {
  "InlineCode": "x = 1", "Runtime": "python3.12", "Handler": "index.handler",
  "Environment": {"Variables": {"TABLE": {"Ref": "AWS::StackName"}}}}}},
 "Transform": "AWS::Serverless-2016-10-31"}"""


def test_without_the_extra_the_import_says_what_to_install() -> None:
    # Another test may have made the CDK's environment; this interpreter has none.
    run = subprocess.run([sys.executable, "-c", "import dayfly.cdk"], capture_output=True, text=True)
    assert run.returncode == 1
    assert "pip install 'dayfly[cdk]'" in run.stderr.splitlines()[-1]


class Synthesised:
    """What one app became."""

    def __init__(self, folder: Path, stack: str) -> None:
        self.template = folder / f"{stack}.template.json"
        manifest = json.loads((folder / "manifest.json").read_text())["artifacts"][stack]
        beside = folder / f"{stack}.metadata.json"
        self._metadata = json.loads(beside.read_text()) if beside.exists() else manifest["metadata"]
        self.resources: dict[str, dict[str, Any]] = json.loads(self.template.read_text())["Resources"]

    def function(self, name: str) -> Mapping[str, Any]:
        """The properties of the one function whose logical id begins so."""
        found = [
            one["Properties"]
            for key, one in self.resources.items()
            if key.startswith(name) and one["Type"] in ("AWS::Lambda::Function", "AWS::Serverless::Function")
        ]
        assert len(found) == 1, (name, sorted(self.resources))
        properties: Mapping[str, Any] = found[0]
        return properties

    def told(self, level: str, path: str) -> str:
        """Everything that was said of a construct."""
        return "\n".join(
            str(one["data"])
            for place, entries in self._metadata.items()
            for one in entries
            if f"{place}/".startswith(f"{path}/") and one["type"] == f"aws:cdk:{level}"
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cdk")
    (folder / "old.json").write_text(_OLD)
    subprocess.run(
        [cdk_python(), _APP, folder / "app", folder / "old.json"],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=500,
        env={**os.environ, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"},
    )
    return folder


@pytest.fixture(scope="module")
def shop(folder: Path) -> Synthesised:
    return Synthesised(folder / "app", "Shop")


_SETTINGS = {
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly",
    "DAYFLY_ISOLATION": "window",
    "DAYFLY_MAX_AGE": "15m",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "python"),
    [("Carts", "313"), ("SingletonLambda", "312"), ("Bare", "312"), ("BucketNotificationsHandler", "313")],
)
def test_a_python_function_gets_the_layer_for_its_python_and_the_variables(
    shop: Synthesised, name: str, python: str
) -> None:
    function = shop.function(name)
    assert function["Environment"]["Variables"] == _SETTINGS
    assert [str(one["Ref"])[:20] for one in function["Layers"]] == [f"DayflyLayerPython{python}"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "own"), [("Orders", {"STAGE": "test"}), ("Plain", {"MODE": "plain"})])
def test_layers_variables_and_the_other_wrapper_are_kept(
    shop: Synthesised, name: str, own: Mapping[str, str]
) -> None:
    function = shop.function(name)
    assert function["Environment"]["Variables"] == {
        **_SETTINGS,
        **own,
        "DAYFLY_NEXT_WRAPPER": {"Ref": "Wrapper"},
    }
    assert len(function["Layers"]) == 2
    assert str(function["Layers"][0]).startswith("arn:aws:lambda:us-east-1:123456789012:layer:shared:")


@pytest.mark.slow
def test_a_function_of_an_included_template_is_protected(shop: Synthesised) -> None:
    function = shop.function("Old")
    assert function["Environment"]["Variables"] == {"TABLE": {"Ref": "AWS::StackName"}, **_SETTINGS}
    assert len(function["Layers"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "level", "reason"),
    [
        ("Full", "warning", "has 5 layers"),
        ("Web", "info", "is not Python (nodejs22.x)"),
        ("Image", "warning", "RUN pip install --no-cache-dir dayfly-runtime"),
        ("Edge", "warning", "Lambda@Edge"),
        ("Left", "info", "is skipped (`skip`)"),
    ],
)
def test_what_is_not_protected_is_told_and_unchanged(
    shop: Synthesised, name: str, level: str, reason: str
) -> None:
    function = shop.function(name)
    assert "DayflyLayer" not in json.dumps(function)
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in json.dumps(function)
    assert reason in shop.told(level, f"/Shop/{name}")


@pytest.mark.slow
def test_an_imported_function_is_told(shop: Synthesised) -> None:
    assert "is imported" in shop.told("info", "/Shop/Imported")


@pytest.mark.slow
def test_a_version_that_never_renews_itself_is_told(shop: Synthesised) -> None:
    assert "Shop/Frozen/Resource is a separate Version resource" in shop.told("warning", "/Shop/Orders")


@pytest.mark.slow
def test_an_alias_of_the_current_version_gets_a_new_version(shop: Synthesised) -> None:
    alias = next(one for one in shop.resources.values() if one["Type"] == "AWS::Lambda::Alias")
    version = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
    assert version.startswith("OrdersCurrentVersion")


@pytest.mark.slow
def test_a_stack_that_is_added_later_has_a_layer_of_its_own(folder: Path) -> None:
    late = Synthesised(folder / "app", "Elsewhere")
    assert late.function("Late")["Environment"]["Variables"] == _SETTINGS
    assert [one["Type"] for one in late.resources.values()].count("AWS::Lambda::LayerVersion") == 1


@pytest.mark.slow
def test_the_layer_is_the_one_that_dayfly_layer_builds(folder: Path) -> None:
    with zipfile.ZipFile(folder / "app" / "dayfly-python3.12.zip") as layer:
        assert "dayfly" in layer.namelist()
    staged = json.loads((folder / "app" / "Shop.assets.json").read_text())["files"]
    assert (
        sum(
            one["source"]["packaging"] == "file" and "zip" in one["source"]["path"] for one in staged.values()
        )
        >= 2
    )


@pytest.mark.slow
def test_a_given_layer_is_taken_in_its_region_alone(folder: Path) -> None:
    given = Synthesised(folder / "app-layer", "Given")
    assert given.function("One")["Layers"] == ["arn:aws:lambda:us-east-1:123456789012:layer:shared:7"]
    away = Synthesised(folder / "app-layer", "Away")
    assert "Layers" not in away.function("One")
    assert "is in eu-west-1" in away.told("warning", "/Away/One")


@pytest.mark.slow
def test_cfn_lint_accepts_the_templates(folder: Path) -> None:
    lint = Path(sysconfig.get_path("scripts"), "cfn-lint")
    templates = sorted(folder.glob("app*/*.template.json"))
    assert len(templates) == 4
    run = subprocess.run(
        [lint, "--non-zero-exit-code", "error", *templates], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout
