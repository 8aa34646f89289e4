"""Handlers are found from templates, by name and by look; what is not found is named."""

from __future__ import annotations

import io
import zipfile

import pytest
from tests.scan.template.making import HANDLER, entries_of, found_in, project_of

from dayfly.scan.source.archive import read_archive
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle
from dayfly.scan.template.entries import find_entries
from dayfly.scan.template.inline import InlineFile
from dayfly.scan.template.reading import read_templates


def _sam(handler: str, code: str = "src/", more: str = "") -> str:
    return (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        f"      Runtime: python3.13\n      Handler: {handler}\n      CodeUri: {code}\n{more}"
    )


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("def handler(event, context): ...", "src/app.py:handler"),
        ("async def handler(event, context): ...", "src/app.py:handler"),
        ("@tracer.capture\ndef handler(event, context): ...", "src/app.py:handler"),
        ("handler = lambda event, context: 1", "src/app.py:handler"),
        ("if True:\n    def handler(event, context): ...", "src/app.py:handler"),
        (
            "try:\n    import x\nexcept ImportError:\n    x = None\ndef handler(e, c): ...",
            "src/app.py:handler",
        ),
        ("def handler(e, c): ...\nhandler = wrap(handler)", "src/app.py:handler"),
        ("def real(e, c): ...\nhandler = wrap(x=1)(real)", "src/app.py:real"),
        ("def real(e, c): ...\nhandler = functools.partial(real)", "src/app.py:real"),
        ("def real(e, c): ...\nhandler = real", "src/app.py:real"),
        ("def real(e, c): ...\nhandler = other = real", "src/app.py:real"),
        ("from core import real as handler", "src/core.py:real"),
        ("from core import real\nhandler = real", "src/core.py:real"),
        ("import core\nhandler = core.real", "src/core.py:real"),
        ("from core import *", "src/core.py:handler"),
        ("from pkg.inner import handler", "src/pkg/inner.py:handler"),
        ("from pkg import inner\nhandler = inner.handler", "src/pkg/inner.py:handler"),
        ("class H:\n    def __call__(self, e, c): ...\nhandler = H()", "src/app.py:H.__call__"),
        ("class H:\n    def run(self, e, c): ...\nhandler = H().run", "src/app.py:H.run"),
        ("class H:\n    def run(self, e, c): ...\nh = H()\nhandler = h.run", "src/app.py:H.run"),
        ("class H:\n    @staticmethod\n    def run(e, c): ...\nhandler = H.run", "src/app.py:H.run"),
        ("from core import Base\nclass H(Base): ...\nhandler = H()", "src/core.py:Base.__call__"),
        (
            "def make():\n    def inner(e, c): ...\n    return inner\nhandler = make()",
            "src/app.py:make.<locals>.inner",
        ),
        ("import core\nhandler = core.make()", "src/core.py:make.<locals>.inner"),
        ("from mangum import Mangum\napp = object()\nhandler = Mangum(app)", "src/app.py:handler"),
        ("from library import handler", "src/app.py:handler"),
    ],
)
def test_what_a_name_is_bound_to_is_followed(module: str, found: str) -> None:
    core = (
        "def real(e, c): ...\ndef handler(e, c): ...\nclass Base:\n    def __call__(self, e, c): ...\n"
        "def make():\n    def inner(e, c): ...\n    return inner\n"
    )
    files = {
        "template.yaml": _sam("app.handler"),
        "src/app.py": module,
        "src/core.py": core,
        "src/pkg/__init__.py": "",
        "src/pkg/inner.py": HANDLER,
    }
    assert entries_of(files) == {"F": found}


@pytest.mark.parametrize(
    "module",
    [
        "handler = handler",
        "from app import handler",
        "import app\nhandler = app.handler",
        "a = b\nb = a\nhandler = a",
        "class H(H): ...\nhandler = H().run",
        "from . import handler",
        "if a: x = 1\n" + "elif a: x = 1\n" * 2_000 + "handler = x",
        "handler = " + "f(" * 80 + "x" + ")" * 80,
    ],
)
def test_circles_end(module: str) -> None:
    found_in({"template.yaml": _sam("app.handler"), "src/app.py": module})


@pytest.mark.parametrize(
    ("handler", "code", "path"),
    [
        ("app.handler", "src", "src/app.py"),
        ("src/app.handler", ".", "src/app.py"),
        ("src.app.handler", ".", "src/app.py"),
        ("pkg.handler", "src", "src/pkg/__init__.py"),
        ("app.handler", "s3://bucket/key", "src/app.py"),
        ("app.handler", "build/", "src/app.py"),
    ],
)
def test_where_a_handlers_module_is_looked_for(handler: str, code: str, path: str) -> None:
    assert entries_of({"template.yaml": _sam(handler, code), path: HANDLER}) == {"F": f"{path}:handler"}


def test_code_in_an_archive() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", HANDLER)
    project = Project(name="x")
    project.add("template.yaml", _sam("app.handler", "build/f.zip").encode(), DEFAULT_LIMITS)
    read_archive(project, data.getvalue(), prefix="build/f.zip!/", limits=DEFAULT_LIMITS, depth=1)
    settle(project)
    (entry,), notes = find_entries(project, read_templates(project))
    assert entry.file.path == "build/f.zip!/app.py"
    assert not notes


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"template.yaml": _sam("app.handler")}, "no app.py"),
        ({"template.yaml": _sam("app.handler"), "src/app.py": "def other(): ..."}, "does not define handler"),
        ({"template.yaml": _sam("app.handler"), "src/app.py": "def broken(:"}, "is not valid Python"),
        ({"template.yaml": _sam("!Ref Handler"), "src/app.py": HANDLER}, "its handler is ${Handler}"),
        ({"template.yaml": _sam("handler"), "src/app.py": HANDLER}, "is not MODULE.FUNCTION"),
        (
            {"template.yaml": _sam("app.handler", "s3://b/k"), "a/app.py": HANDLER, "b/app.py": HANDLER},
            "may be any of a/app.py, b/app.py",
        ),
    ],
)
def test_a_handler_that_is_not_found_is_named(files: dict[str, str], message: str) -> None:
    _, notes = found_in(files)
    assert [message in note for note in notes][:1] == [True]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("app.handler", "src/app.py:handler"),
        ("src/app.py:handler", "src/app.py:handler"),
        ("./src/app.py:handler", "src/app.py:handler"),
        ("src/app.py", "src/app.py:handler"),
        ("src.app.handler", "src/app.py:handler"),
        ("src/app.py:App.run", "src/app.py:App.run"),
        ("src.app.App.run", "src/app.py:App.run"),
        ("app:handler", "src/app.py:handler"),
    ],
)
def test_handlers_that_the_user_names(name: str, found: str) -> None:
    files = {"src/app.py": HANDLER + "class App:\n    def run(self, event, context): ...\n"}
    assert entries_of(files, name) == {name: found}


def test_a_function_of_the_template_is_named_by_its_logical_name() -> None:
    assert entries_of({"template.yaml": _sam("app.handler"), "src/app.py": HANDLER}, "F") == {
        "F": "src/app.py:handler"
    }


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def lambda_handler(event, context): ...", ["lambda_handler"]),
        ("def main(event, context): ...", ["main"]),
        ("def main(evt, ctx): ...", ["main"]),
        ("def main(event, _): ...", ["main"]),
        ("def handler(*args): ...", ["handler"]),
        ("@logger.inject_lambda_context\ndef run(data, c): ...", ["run"]),
        ("@event_source(data_class=X)\ndef run(e, c): ...", ["run"]),
        ("handler = Mangum(app)", ["handler"]),
        ("def handler(event): ...", []),
        ("def process(event, name): ...", []),
        ("def handler(event, context, extra): ...", []),
        ("class A:\n    def handler(self, event, context): ...", []),
        (
            "def helper(event, context): ...\ndef handler(event, context):\n    return helper(event, context)",
            ["handler"],
        ),
        ("def first(event, context): ...\ndef second(event, context): ...", ["first", "second"]),
    ],
)
def test_handlers_by_their_look(code: str, names: list[str]) -> None:
    assert [name.rpartition(":")[2] for name in entries_of({"fn/app.py": code}).values()] == names


def test_tests_and_dependencies_have_no_handlers() -> None:
    files = {"tests/test_app.py": HANDLER, "test_x.py": HANDLER, "python/lib/site-packages/lib.py": HANDLER}
    assert entries_of(files) == {}


def test_folders_that_no_template_describes_are_searched_by_look() -> None:
    files = {
        "a/template.yaml": _sam("app.handler"),
        "a/src/app.py": HANDLER,
        "a/src/other.py": HANDLER,
        "b/app.py": HANDLER,
    }
    assert sorted(entries_of(files).values()) == ["a/src/app.py:handler", "b/app.py:handler"]


def test_handlers_of_libraries_call_the_one_that_a_variable_names() -> None:
    more = "      Environment: {Variables: {DD_LAMBDA_HANDLER: app.handler}}\n"
    files = {"template.yaml": _sam("datadog_lambda.handler.handler", more=more), "src/app.py": HANDLER}
    assert entries_of(files) == {"F": "src/app.py:handler"}


INLINE = """
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Code:
        ZipFile: |
          import os

          def handler(event, context):
              return os.system(event["x"])
"""


def test_inline_code_has_the_places_of_the_template() -> None:
    project = project_of({"template.yaml": INLINE})
    (entry,), notes = find_entries(project, read_templates(project))
    assert not notes
    assert isinstance(entry.file, InlineFile)
    assert entry.file.tree is not None
    place = entry.file.place(entry.file.tree.body[-1])
    assert (place.path, place.line, place.column) == ("template.yaml", 11, 11)
    assert find_entries(project, read_templates(project))[0][0].file is entry.file


def test_inline_code_on_one_line_has_the_place_of_its_value() -> None:
    text = INLINE.partition("|")[0] + r'"def handler(event, context):\n    return 1\n"' + "\n"
    project = project_of({"template.yaml": text})
    (entry,), _ = find_entries(project, read_templates(project))
    assert entry.file.tree is not None
    assert entry.file.place(entry.file.tree.body[0]).line == 8


def test_a_function_in_another_language_is_said_not_to_be_analysed() -> None:
    found, notes = found_in(
        {"template.yaml": _sam("app.handler").replace("python3.13", "nodejs24.x"), "src/app.js": ""}
    )
    assert not found
    assert "runs on nodejs24.x" in notes[0]


@pytest.mark.parametrize(
    ("dockerfile", "found", "has_dayfly"),
    [
        ('FROM public.ecr.aws/lambda/python:3.12\nCOPY . .\nCMD ["app.handler"]\n', "fn/app.py:handler", False),
        ("FROM python:3.13-slim\nENTRYPOINT [\"python\", \"-m\", \"awslambdaric\"]\nCMD app.handler\n", "fn/app.py:handler", False),
        ('FROM x AS build\nCMD ["other.thing"]\nFROM python:3.13\nENTRYPOINT ["python", "-I", "-m", "dayfly.runtime"]\nCMD ["app.handler"]\n',
         "fn/app.py:handler", True),
        ('FROM public.ecr.aws/lambda/python:3.12\nENV AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly\nCMD [ \\\n  "app.handler" ]\n',
         "fn/app.py:handler", True),
    ],
)  # fmt: skip
def test_an_images_handler_is_its_command(dockerfile: str, found: str, has_dayfly: bool) -> None:
    template = (
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {PackageType: Image}\n"
        "    Metadata: {DockerContext: ./fn, Dockerfile: Dockerfile}\n"
    )
    files = {"template.yaml": template, "fn/Dockerfile": dockerfile, "fn/app.py": HANDLER}
    assert entries_of(files) == {"F": found}
    (read,) = read_templates(project_of(files))
    assert read.functions[0].has_dayfly is has_dayfly
    assert str(read.functions[0].runtime).startswith("python3.1")


def test_what_cdk_synthesised_names_its_assets() -> None:
    stack = (
        '{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "app.handler", "Runtime": "python3.13", '
        '"Code": {"S3Bucket": {"Fn::Sub": "cdk-${AWS::AccountId}"}, "S3Key": "0123.zip"}}, '
        '"Metadata": {"aws:asset:path": "asset.0123", "aws:asset:property": "Code"}}}}'
    )
    files = {"Stack.template.json": stack, "asset.0123/app.py": HANDLER, "asset.4567/app.py": HANDLER}
    assert entries_of(files) == {"F": "asset.0123/app.py:handler"}
