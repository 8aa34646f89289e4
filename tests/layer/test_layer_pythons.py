"""A template with functions of several Pythons: what was asked for arrives at each of them, and what does not is said."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, found_interpreters
from tests.layer.managed import Image, ManagedRuntime, started_as, unpack

from dayfly.cli.main import run

PYTHONS = [found.version for found in found_interpreters()][-2:]
ASKED = ("--guard", "block", "--isolation", "window")
pytestmark = pytest.mark.skipif(len(PYTHONS) < 2, reason="there is one Python here")

_SAM = "Transform: AWS::Serverless-2016-10-31\nResources:\n" + "".join(
    f"  F{number}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.handler\n      CodeUri: .\n"
    f"      Runtime: python{python}\n      Architectures: [{('x86_64', 'arm64')[number % 2]}]\n"
    for number, python in enumerate(PYTHONS)
)
_CLOUDFORMATION = (
    '{"Resources": {'
    + ",\n".join(
        f'"F{number}": {{"Type": "AWS::Lambda::Function", "Properties": {{"Runtime": "python{python}", "Handler": "app.handler", "Code": "."}}}}'
        for number, python in enumerate(PYTHONS)
    )
    + "}}\n"
)
_SERVERLESS = f"service: shop\nprovider:\n  name: aws\n  runtime: python{PYTHONS[0]}\nfunctions:\n" + "".join(
    f"  f{number}:\n    handler: app.handler\n    runtime: python{python}\n"
    for number, python in enumerate(PYTHONS)
)
_TERRAFORM = "\n".join(
    f'resource "aws_lambda_function" "f{number}" {{\n  runtime = "python{python}"\n  handler = "app.handler"\n}}\n'
    for number, python in enumerate(PYTHONS)
)
_TERRAFORM_JSON = (
    '{"resource": {"aws_lambda_function": {'
    + ",\n".join(
        f'"f{number}": {{"runtime": "python{python}", "handler": "app.handler"}}'
        for number, python in enumerate(PYTHONS)
    )
    + "}}}\n"
)
TEMPLATES = {
    "template.yaml": _SAM,
    "template.json": _CLOUDFORMATION,
    "serverless.yml": _SERVERLESS,
    "main.tf": _TERRAFORM,
    "main.tf.json": _TERRAFORM_JSON,
}


@pytest.mark.usefixtures("confined")
@pytest.mark.slow  # builds a layer for each
def test_the_guard_that_was_asked_for_is_armed_in_the_functions_of_every_python(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(_SAM)
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    tmp_path.chmod(0o755)
    assert run(["attach", "--template", str(template), *ASKED]) == 0
    text = template.read_text()
    for number, interpreter in enumerate(one for one in found_interpreters() if one.version in PYTHONS):
        started = _started(tmp_path, text, f"F{number}", interpreter)
        assert (started["guard"], started["isolation"]) == ("block", "window"), started.get("guard_reason")


def _started(folder: Path, text: str, name: str, interpreter: Interpreter) -> dict[str, object]:
    """Start a function as the template deploys it: its layer unpacked, its variables set."""
    function = text.split(f"\n  {name}:\n")[1].split("\n  F")[0]
    (layer,) = re.findall(r"- !Ref (\w+)", function)
    (zipped,) = re.findall(rf"  {layer}:\n(?:.*\n)*?\s+ContentUri: \./(\S+)", text)
    opt = folder / f"opt-{name}"
    unpack(folder / zipped, opt)
    variables = dict(re.findall(r"(DAYFLY_\w+): (\w+)", function))
    code = folder / "code"
    code.mkdir(exist_ok=True)
    shutil.copy(folder / "app.py", code)
    with ManagedRuntime(
        code, "app.handler", Image(interpreter, ">=4,<5"), opt=opt, environment=variables, telemetry=True
    ) as runtime:
        assert runtime.invoke({}).payload == 1
        return started_as(runtime)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.slow  # builds a layer for each
def test_each_python_has_its_own_layer_and_what_it_lacks_fails_every_check(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / name
    template.write_text(TEMPLATES[name])
    attach, check = (
        ["attach", "--template", str(template)],
        ["attach", "--template", str(template), "--check"],
    )
    status = ["status", "--template", str(template)]
    assert run([*attach, *ASKED]) == 0
    zips = [tmp_path / f"dayfly-layer-{python}.zip" for python in PYTHONS]
    assert sorted(tmp_path.glob("*.zip")) == zips
    assert run([*check, *ASKED]) == run(check) == run(status) == run([*status, "--check"]) == 0
    assert run([*check, "--guard", "observe"]) == 1
    assert "DAYFLY_GUARD=observe was requested, but it is block" in capsys.readouterr().out
    _without_guard(zips[1])
    assert run(check) == run(status) == 1
    assert f"the layer has no guard for Python {PYTHONS[1]}" in capsys.readouterr().out
    zips[1].unlink()
    assert run(check) == run(status) == 2
    assert "could not check the contents of its layer" in capsys.readouterr().out
    assert run([*attach, "--guard", "observe"]) == 0
    assert "window" not in template.read_text()
    assert run([*check, "--guard", "observe"]) == 0
    assert run(["detach", "--template", str(template)]) == 0
    assert template.read_text() == TEMPLATES[name]
    assert not list(tmp_path.glob("*.zip"))


def _without_guard(layer: Path) -> None:
    """Leave out what a layer for several Pythons of an earlier version lacked."""
    with zipfile.ZipFile(layer) as file:
        kept = {info: file.read(info) for info in file.infolist() if not info.filename.endswith(".guard.bin")}
    with zipfile.ZipFile(layer, "w") as file:
        for info, data in kept.items():
            file.writestr(info, data)


@pytest.mark.parametrize("name", ["template.yaml", "template.json", "serverless.yml", "main.tf.json"])
@pytest.mark.slow  # builds a layer for each
def test_a_variable_that_somebody_changed_since_fails_the_check(name: str, tmp_path: Path) -> None:
    template = tmp_path / name
    template.write_text(TEMPLATES[name])
    assert run(["attach", "--template", str(template), *ASKED]) == 0
    template.write_text(re.sub(r'(DAYFLY_GUARD"?: "?)block', r"\1observe", template.read_text(), count=1))
    assert run(["attach", "--template", str(template), "--check"]) == 1
