"""`dayfly scan --json` on small projects: an import of every shape that real code uses is followed to its sink."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dayfly.cli import main as command

SINK = "import os\n\n\ndef f(event):\n    os.system('convert ' + event['name'])\n"
SAM = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
"""


def function(name: str, code: str, handler: str = "app.handler") -> str:
    return f"""\
  {name}:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {code}
      Handler: {handler}
      Runtime: python3.13
"""


def handler(imports: str, call: str) -> str:
    body = "".join(f"    {line}\n" for line in call.split("\n"))
    return f"{imports}\n\n\ndef handler(event, context):\n{body}    return {{'statusCode': 200}}\n"


def scan(
    folder: Path, files: dict[str, str], *arguments: str, is_remembering: bool = False
) -> dict[str, Any]:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        code = command.run(["scan", ".", "--json", *([] if is_remembering else ["--no-cache"]), *arguments])
    assert code in (0, 1), errors.getvalue()
    found: dict[str, Any] = json.loads(output.getvalue())
    return found


def commands(found: dict[str, Any]) -> set[str]:
    """Where events reach a shell: `file:line`."""
    return {
        f"{one['place']['path']}:{one['place']['line']}"
        for one in found["findings"]
        if one["check"] == "event.command"
    }


# Name: the files, and where the event reaches the shell.
SHAPES: dict[str, tuple[dict[str, str], str]] = {
    "a namespace package": (
        {"app.py": handler("import pkg.mod", "pkg.mod.f(event)"), "pkg/mod.py": SINK},
        "pkg/mod.py:5",
    ),
    "a namespace package, three levels": (
        {"app.py": handler("import a.b.c", "a.b.c.f(event)"), "a/b/c.py": SINK},
        "a/b/c.py:5",
    ),
    "two modules of one namespace package": (
        {
            "app.py": handler("import pkg.mod\nimport pkg.other", "pkg.mod.f(pkg.other.same(event))"),
            "pkg/mod.py": SINK,
            "pkg/other.py": "def same(event):\n    return event\n",
        },
        "pkg/mod.py:5",
    ),
    "a namespace package by another name": (
        {"app.py": handler("import a.b.c as d", "d.f(event)"), "a/b/c.py": SINK},
        "a/b/c.py:5",
    ),
    "from a namespace package": (
        {"app.py": handler("from a.b import c", "c.f(event)"), "a/b/c.py": SINK},
        "a/b/c.py:5",
    ),
    "a namespace package in a namespace package, from": (
        {
            "app.py": handler("from a import b", "b.c.f(event)\n").replace(
                "from a import b", "from a import b\nimport a.b.c"
            ),
            "a/b/c.py": SINK,
        },
        "a/b/c.py:5",
    ),
    "a regular package": (
        {
            "app.py": handler("import pkg.mod", "pkg.mod.f(event)"),
            "pkg/__init__.py": "",
            "pkg/mod.py": SINK,
        },
        "pkg/mod.py:5",
    ),
    "a regular package below a namespace package": (
        {
            "app.py": handler("import ns.pkg.mod", "ns.pkg.mod.f(event)"),
            "ns/pkg/__init__.py": "",
            "ns/pkg/mod.py": SINK,
        },
        "ns/pkg/mod.py:5",
    ),
    "a package that imports its own module": (
        {
            "app.py": handler("import pkg", "pkg.mod.f(event)"),
            "pkg/__init__.py": "from . import mod\n",
            "pkg/mod.py": SINK,
        },
        "pkg/mod.py:5",
    ),
    "from . import": (
        {
            "src/app.py": handler("from . import mod", "mod.f(event)"),
            "src/__init__.py": "",
            "src/mod.py": SINK,
        },
        "src/mod.py:5",
    ),
    "from . import without __init__": (
        {"src/app.py": handler("from . import mod", "mod.f(event)"), "src/mod.py": SINK},
        "src/mod.py:5",
    ),
    "from .. import": (
        {
            "src/handlers/app.py": handler("from .. import mod", "mod.f(event)"),
            "src/mod.py": SINK,
        },
        "src/mod.py:5",
    ),
    "from ..b.c import": (
        {
            "src/handlers/app.py": handler("from ..b.c import f", "f(event)"),
            "src/b/c.py": SINK,
        },
        "src/b/c.py:5",
    ),
    "from .. import at the scanned folder": (
        {"handlers/app.py": handler("from ..mod import f", "f(event)"), "__init__.py": "", "mod.py": SINK},
        "mod.py:5",
    ),
    "import * with __all__": (
        {
            "app.py": handler("from mod import *", "_f(event)"),
            "mod.py": "__all__ = ['_f']\n" + SINK.replace("def f", "def _f"),
        },
        "mod.py:6",
    ),
    "import * of a package whose __all__ names a module": (
        {
            "app.py": handler("from pkg import *", "mod.f(event)"),
            "pkg/__init__.py": "__all__ = ('mod',)\n",
            "pkg/mod.py": SINK,
        },
        "pkg/mod.py:5",
    ),
    "import * through two modules": (
        {
            "app.py": handler("from a import *", "f(event)"),
            "a.py": "from b import *\n",
            "b.py": SINK,
        },
        "b.py:5",
    ),
    "re-exported by __init__": (
        {
            "app.py": handler("from pkg import g", "g(event)"),
            "pkg/__init__.py": "from .sub import g\n",
            "pkg/sub/__init__.py": "from .mod import f as g\n",
            "pkg/sub/mod.py": SINK,
        },
        "pkg/sub/mod.py:5",
    ),
    "re-exported lazily by __getattr__": (
        {
            "app.py": handler("import pkg", "pkg.mod.f(event)"),
            "pkg/__init__.py": "import importlib\n\n\ndef __getattr__(name):\n    return importlib.import_module('.mod', __name__)\n",
            "pkg/mod.py": SINK,
        },
        "pkg/mod.py:5",
    ),
    "try, except ImportError": (
        {
            "fn/app.py": handler(
                "try:\n    from layer_only import f\nexcept ImportError:\n    from lib.mod import f",
                "f(event)",
            ),
            "fn/lib/mod.py": SINK,
        },
        "fn/lib/mod.py:5",
    ),
    "try, except ImportError, the first one": (
        {
            "app.py": handler(
                "try:\n    import lib.mod as m\nexcept ImportError:\n    m = None", "m.f(event)"
            ),
            "lib/mod.py": SINK,
        },
        "lib/mod.py:5",
    ),
    "under a condition": (
        {
            "app.py": handler(
                "import sys\nif sys.version_info >= (3, 9):\n    import lib.mod as m\nelse:\n    import lib.old as m",
                "m.f(event)",
            ),
            "lib/mod.py": SINK,
            "lib/old.py": "def f(event):\n    return None\n",
        },
        "lib/mod.py:5",
    ),
    "in the function": (
        {"app.py": handler("", "import lib.mod\nlib.mod.f(event)"), "lib/mod.py": SINK},
        "lib/mod.py:5",
    ),
    "importlib.import_module": (
        {
            "app.py": handler("import importlib", "importlib.import_module('lib.mod').f(event)"),
            "lib/mod.py": SINK,
        },
        "lib/mod.py:5",
    ),
    "importlib.import_module, relative": (
        {
            "pkg/app.py": handler(
                "from importlib import import_module\nm = import_module('.mod', package=__package__)",
                "m.f(event)",
            ),
            "pkg/__init__.py": "",
            "pkg/mod.py": SINK,
        },
        "pkg/mod.py:5",
    ),
    "__import__ of a namespace package": (
        {"app.py": handler("", "__import__('lib.mod').mod.f(event)"), "lib/mod.py": SINK},
        "lib/mod.py:5",
    ),
    "a src layout": (
        {
            "functions/create/app.py": handler("from shop.orders import f", "f(event)"),
            "src/shop/__init__.py": "",
            "src/shop/orders.py": SINK,
            "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n",
        },
        "src/shop/orders.py:5",
    ),
    "the scanned folder is the package": (
        {
            "app.py": handler("from thepackage.mod import f", "f(event)"),
            "__init__.py": "",
            "mod.py": SINK,
        },
        "mod.py:5",
    ),
    "a layer's python folder": (
        {
            "functions/app.py": handler("from shared.mod import f", "f(event)"),
            "layers/common/python/shared/mod.py": SINK,
        },
        "layers/common/python/shared/mod.py:5",
    ),
    "a layer's site-packages": (
        {
            "functions/app.py": handler("import shared.mod", "shared.mod.f(event)"),
            "layers/common/python/shared/mod.py": SINK,
            "layers/common/python/lib/python3.13/site-packages/other/__init__.py": "",
        },
        "layers/common/python/shared/mod.py:5",
    ),
    "a layer that SAM builds, without a python folder": (
        {
            "functions/app.py": handler("from shared.mod import f", "f(event)"),
            "layers/common/shared/mod.py": SINK,
        },
        "layers/common/shared/mod.py:5",
    ),
    "a namespace package spread over function and layer": (
        {
            "fn/app.py": handler("import shop.own\nimport shop.mod", "shop.mod.f(shop.own.same(event))"),
            "fn/shop/own.py": "def same(event):\n    return event\n",
            "layer/python/shop/mod.py": SINK,
        },
        "layer/python/shop/mod.py:5",
    ),
    "several functions share a CodeUri": (
        {
            "template.yaml": SAM
            + function("First", "code/", "handlers.first.handler")
            + function("Second", "code/", "handlers.second.handler"),
            "code/handlers/first.py": handler("from lib.mod import f", "f(event)"),
            "code/handlers/second.py": handler("import lib.mod", "lib.mod.f(event)"),
            "code/lib/mod.py": SINK,
            "lib/mod.py": "def f(event):\n    return None\n",
        },
        "code/lib/mod.py:5",
    ),
    "sys.path.append with os.path": (
        {
            "app.py": handler(
                "import os\nimport sys\n\nsys.path.append(os.path.join(os.path.dirname(__file__), 'lib'))\nimport mod",
                "mod.f(event)",
            ),
            "lib/mod.py": SINK,
            "other/mod.py": "def f(event):\n    return None\n",
        },
        "lib/mod.py:5",
    ),
    "sys.path.insert with pathlib": (
        {
            "fn/one/app.py": handler(
                "import sys\nfrom pathlib import Path\n\nHERE = Path(__file__).resolve().parent\n"
                "sys.path.insert(0, str(HERE.parents[0] / 'deps'))\nimport mod",
                "mod.f(event)",
            ),
            "fn/deps/mod.py": SINK,
            "fn/one/mod.py": "def f(event):\n    return None\n",
        },
        "fn/deps/mod.py:5",
    ),
    "sys.path with /opt": (
        {
            "fn/app.py": handler("import sys\nsys.path.append('/opt/lib')\nimport mod", "mod.f(event)"),
            "layer/python/other.py": "",
            "layer/lib/mod.py": SINK,
            "elsewhere/mod.py": "def f(event):\n    return None\n",
        },
        "layer/lib/mod.py:5",
    ),
    "sys.path with the working directory": (
        {
            "fn/app.py": handler("import sys\nsys.path += ['./vendored']\nimport mod", "mod.f(event)"),
            "fn/vendored/mod.py": SINK,
            "elsewhere/mod.py": "def f(event):\n    return None\n",
        },
        "fn/vendored/mod.py:5",
    ),
    "sys.path of another module": (
        {
            "fn/app.py": handler("import setup_paths\nimport mod", "mod.f(event)"),
            "fn/setup_paths.py": "import os, sys\nroot = os.environ['LAMBDA_TASK_ROOT']\nsys.path.append(f'{root}/vendored')\n",
            "fn/vendored/mod.py": SINK,
            "elsewhere/mod.py": "def f(event):\n    return None\n",
        },
        "fn/vendored/mod.py:5",
    ),
    "try, except ImportError, relative first": (
        {
            "fn/app.py": handler(
                "try:\n    from .mod import f\nexcept ImportError:\n    from mod import f", "f(event)"
            ),
            "fn/mod.py": SINK,
        },
        "fn/mod.py:5",
    ),
    "__all__ that is a sum": (
        {
            "app.py": handler("from pkg import *", "_f(event)"),
            "pkg/__init__.py": "from . import mod\nfrom .mod import *\n__all__ = ['x'] + mod.__all__\nx = 1\n",
            "pkg/mod.py": SINK.replace("def f", "def _f") + "\n\n__all__ = ['_f']\n",
        },
        "pkg/mod.py:5",
    ),
    "modules that import each other": (
        {
            "app.py": handler("import a.x", "a.x.f(event)"),
            "a/x.py": "import a.y\n\n\ndef f(event):\n    a.y.f(event)\n",
            "a/y.py": SINK.replace("import os\n", "import os\nimport a.x\n"),
        },
        "a/y.py:6",
    ),
    "Terraform's source_dir": (
        {
            "main.tf": """\
data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "code.zip"
}

resource "aws_lambda_function" "api" {
  function_name = "api"
  filename      = data.archive_file.code.output_path
  handler       = "handlers.app.handler"
  runtime       = "python3.13"
}
""",
            "src/handlers/app.py": handler("from core.mod import f", "f(event)"),
            "src/core/mod.py": SINK,
            "core/mod.py": "def f(event):\n    return None\n",
        },
        "src/core/mod.py:5",
    ),
    "sys.path of from-imports, under a condition": (
        {
            "fn/app.py": handler(
                "from os.path import dirname, join\nfrom sys import path\nvendored = join(dirname(__file__), 'v')\n"
                "if vendored not in path:\n    path.insert(1, vendored)\nimport mod",
                "mod.f(event)",
            ),
            "fn/v/mod.py": SINK,
            "fn/w/mod.py": "def f(event):\n    return None\n",
        },
        "fn/v/mod.py:5",
    ),
    "next to the handler": (
        {"fn/app.py": handler("import mod", "mod.f(event)"), "fn/mod.py": SINK},
        "fn/mod.py:5",
    ),
    "next to the handler and at the scanned folder": (
        {
            "fn/app.py": handler("import mod", "mod.f(event)"),
            "fn/mod.py": SINK,
            "mod.py": "def f(event):\n    return None\n",
        },
        "fn/mod.py:5",
    ),
    "next to the handler in a folder with __init__": (
        {
            "fn/app.py": handler("import mod", "mod.f(event)"),
            "fn/__init__.py": "",
            "fn/mod.py": SINK,
        },
        "fn/mod.py:5",
    ),
    "a folder and a module of one name": (
        {
            "app.py": handler("import thing", "thing.f(event)"),
            "thing.py": SINK,
            "thing/mod.py": "def f(event):\n    return None\n",
        },
        "thing.py:5",
    ),
    "a package and a module of one name": (
        {
            "app.py": handler("import thing", "thing.f(event)"),
            "thing.py": "def f(event):\n    return None\n",
            "thing/__init__.py": SINK,
        },
        "thing/__init__.py:5",
    ),
}


@pytest.mark.parametrize(("files", "sink"), SHAPES.values(), ids=SHAPES)
def test_an_import_is_followed_to_its_sink(files: dict[str, str], sink: str, tmp_path: Path) -> None:
    folder = tmp_path / "thepackage"
    folder.mkdir()

    assert commands(scan(folder, files)) == {sink}


KEEPING = """\
import boto3

SEEN = []
TABLE = boto3.resource('dynamodb').Table('orders')


def f(event):
    SEEN.append(event['name'])
    TABLE.put_item(Item={'id': event['name']})
    return SEEN
"""
# Every engine reads imports through the same resolver.
ENGINES = {
    "a namespace package": ("import pkg.mod", "return pkg.mod.f(event)", "pkg/mod.py", {}),
    "from a namespace package": ("from pkg import mod", "return mod.f(event)", "pkg/mod.py", {}),
    "relative": ("from .pkg import mod", "return mod.f(event)", "pkg/mod.py", {}),
    "import *": ("from pkg.mod import *", "return f(event)", "pkg/mod.py", {}),
    "import * of a re-export": (
        "from facade import *",
        "return f(event)",
        "pkg/mod.py",
        {"facade.py": "from pkg.mod import *\n"},
    ),
    "re-exported": (
        "from pkg import f",
        "return f(event)",
        "pkg/mod.py",
        {"pkg/__init__.py": "from .mod import f\n"},
    ),
    "a src layout": ("from shop.mod import f", "return f(event)", "src/shop/mod.py", {}),
    "sys.path": (
        "import sys\nsys.path.insert(0, '/var/task/lib')\nimport mod",
        "return mod.f(event)",
        "lib/mod.py",
        {"other/mod.py": "def f(event):\n    return None\n"},
    ),
    "in the function": ("", "import pkg.mod\nreturn pkg.mod.f(event)", "pkg/mod.py", {}),
}


@pytest.mark.parametrize(("imports", "call", "path", "more"), ENGINES.values(), ids=ENGINES)
def test_state_and_permissions_are_followed_through_the_same_imports(
    imports: str, call: str, path: str, more: dict[str, str], tmp_path: Path
) -> None:
    files = {
        "template.yaml": SAM + function("Api", "."),
        "app.py": handler(imports, call),
        path: KEEPING,
        **more,
    }
    found = scan(tmp_path, files)
    kept = {one["place"]["path"] for one in found["findings"] if one["check"] == "state.container"}
    missing_actions = {
        one["place"]["path"] for one in found["findings"] if one["check"] == "permission.missing"
    }

    assert kept == {path}
    assert missing_actions == {path}


# Imports that lead nowhere -----------------------------------------------------------------------------------------


MISSING = {
    "requirements.txt": "requests==2.32.3\nmy-internal-sdk==1.0\n",
    "fn/app.py": handler(
        "import json\nimport boto3\nimport requests\nimport my_internal_sdk\nimport shared.db\n"
        "from common import auth\nfrom . import gone\nfrom .far.off import thing\nimport ns.absent",
        "shared.db.save(event)",
    ),
    "fn/other.py": "import shared.db\n",
    "fn/ns/there.py": "X = 1\n",
    "tests/test_app.py": "import nothing_of_the_kind\n",
}


def missing(found: dict[str, Any]) -> dict[str, set[str]]:
    """By the module that is imported: where."""
    listed: dict[str, set[str]] = {}
    for one in found["notes"]:
        name, _, rest = one["message"].removeprefix("imports ").partition(": ")
        if one["kind"] == "could not resolve" and rest:
            listed.setdefault(name, set()).add(f"{one['place']['path']}:{one['place']['line']}")
    return listed


def test_an_import_of_a_module_that_nothing_has_is_listed_with_its_place(tmp_path: Path) -> None:
    found = scan(tmp_path, MISSING)

    assert missing(found) == {
        "shared.db": {"fn/app.py:5", "fn/other.py:1"},
        "common": {"fn/app.py:6"},
        "fn.gone": {"fn/app.py:7"},
        "fn.far.off": {"fn/app.py:8"},
        "ns.absent": {"fn/app.py:9"},
    }
    packages = [one["message"] for one in found["notes"] if one["kind"] == "not analysed: third-party"]
    assert packages == ["boto3, my_internal_sdk, requests"]


@pytest.mark.parametrize("form", ["text", "sarif", "html"])
def test_every_format_lists_the_imports_and_keeps_third_party_packages_apart(
    form: str, tmp_path: Path
) -> None:
    scan(tmp_path, MISSING)
    output = tmp_path / "out"
    with contextlib.chdir(tmp_path), contextlib.redirect_stderr(io.StringIO()):
        assert command.run(["scan", ".", "--format", form, "--output", str(output), "--no-cache"]) == 0
    text = " ".join(output.read_text().split())

    assert "imports shared.db: the scanned path has no such module" in text
    assert text.count("imports shared.db") == (2 if form == "sarif" else 1)
    assert "boto3, my_internal_sdk, requests" in text
    assert ("fn/app.py:5" in text) is (form != "sarif")


def test_third_party_packages_alone_are_no_gap(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(handler("import boto3\nimport requests", "boto3.client('s3')"))
    output = io.StringIO()
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(output):
        assert command.run(["scan", "--no-cache", "--only", "event"]) == 0

    assert "No findings." in output.getvalue()
    assert "boto3, requests" in output.getvalue()


@pytest.mark.parametrize(
    ("imports", "listed"),
    [
        ("try:\n    import fast_json as j\nexcept ImportError:\n    import json as j", set()),
        (
            "try:\n    from layer_only import f\nexcept (ImportError, ValueError):\n    from lib import f",
            set(),
        ),
        ("try:\n    from lib import f\nexcept ImportError:\n    from layer_only import f", set()),
        ("try:\n    import layer_only\nexcept ImportError:\n    layer_only = None", {"layer_only"}),
        ("try:\n    import one_gone\nexcept ImportError:\n    import two_gone", {"one_gone", "two_gone"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import only_for_types", set()),
        ("import importlib\nm = importlib.import_module('plugins.gone')", {"plugins.gone"}),
        ("from lib import f, g", set()),
        ("import lib.inner", {"lib.inner"}),
        ("import __main__", set()),
        ("import xml.etree.cElementTree", set()),
    ],
)
def test_only_an_import_that_runs_and_has_no_other_way_is_listed(
    imports: str, listed: set[str], tmp_path: Path
) -> None:
    found = scan(tmp_path, {"app.py": handler(imports, "pass"), "lib.py": "def f(event):\n    return None\n"})

    assert set(missing(found)) == listed


def test_an_import_whose_name_is_made_at_run_time_is_listed(tmp_path: Path) -> None:
    found = scan(
        tmp_path, {"app.py": handler("import importlib", "importlib.import_module('plugins.' + event['x'])")}
    )

    assert [
        (one["place"]["line"], one["kind"]) for one in found["notes"] if "built at run time" in one["message"]
    ] == [(5, "could not resolve")]


def test_a_package_of_ones_own_with_a_name_of_the_index_is_not_followed_by_guess(tmp_path: Path) -> None:
    """`requests` of another service is not what `import requests` means; its calls are still judged."""
    found = scan(
        tmp_path,
        {
            "fn/app.py": handler("import requests", "return requests.get(event['url']).text"),
            "other/service/requests/__init__.py": "def get(url):\n    return None\n",
        },
    )

    assert [one["check"] for one in found["findings"] if one["check"] == "event.request"] == ["event.request"]


def test_a_folder_with_an_everyday_name_of_a_package_is_the_projects_own(tmp_path: Path) -> None:
    """`events` is a package on PyPI, too; nothing here depends on it."""
    found = scan(
        tmp_path,
        {"app.py": handler("from events import orders", "orders.f(event)"), "events/orders.py": SINK},
    )

    assert commands(found) == {"events/orders.py:5"}


def test_a_module_that_may_be_a_package_of_the_index_is_listed_and_not_guessed(tmp_path: Path) -> None:
    found = scan(
        tmp_path, {"fn/app.py": handler("import events", "events.f(event)"), "libs/one/events.py": SINK}
    )

    assert missing(found) == {"events": {"fn/app.py:1"}}


def test_a_declared_package_is_not_the_folder_of_its_name(tmp_path: Path) -> None:
    files = {
        "app.py": handler("import requests", "return requests.get(event['url']).text"),
        "requests/notes.py": "X = 1\n",
        "requirements.txt": "requests==2.32.3\n",
    }

    assert {one["check"] for one in scan(tmp_path, files)["findings"]} >= {"event.request"}


@pytest.mark.parametrize(
    ("imports", "path"),
    [
        ("import pkg.mod as m", "pkg/mod.py"),
        ("from pkg import mod as m", "pkg/mod.py"),
        ("from .pkg import mod as m", "pkg/mod.py"),
        ("import importlib\nm = importlib.import_module('pkg.mod')", "pkg/mod.py"),
        ("import sys\nsys.path.append('/var/task/lib')\nimport mod as m", "lib/mod.py"),
        ("from pkg.every import *\nm = mod", "pkg/mod.py"),
    ],
)
def test_a_remembered_result_is_looked_at_again_when_an_import_finds_its_file(
    imports: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    files = {
        "app.py": handler(imports, "m.f(event)"),
        "pkg/every.py": "from pkg import mod\n",
        "lib/x.py": "",
    }

    assert commands(scan(folder, files, is_remembering=True)) == set()
    assert commands(scan(folder, {path: SINK}, is_remembering=True)) == {f"{path}:5"}
    (folder / path).unlink()
    assert commands(scan(folder, {}, is_remembering=True)) == set()
