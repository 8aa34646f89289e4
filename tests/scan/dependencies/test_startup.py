"""What every interpreter runs at its start is found; what well-known installers write is not."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import installed, project_of

from dayfly.scan.dependencies.startup import find_startup
from dayfly.scan.model import Finding, Severity

HONEST = [
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; enabled and __import__('_distutils_hack').add_shim(); ",
    "import __editable___acme_1_0_finder; __editable___acme_1_0_finder.install()",
    "import _virtualenv",
    "import pywin32_bootstrap",
    "import sys, types, os;has_mfs = sys.version_info > (3, 5);p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('google',));importlib = has_mfs and __import__('importlib.util');has_mfs and __import__('importlib.machinery');m = has_mfs and sys.modules.setdefault('google', importlib.util.module_from_spec(importlib.machinery.PathFinder.find_spec('google', [os.path.dirname(p)])));m = m or sys.modules.setdefault('google', types.ModuleType('google'));mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)",
    'import sys; exec(\'import os\\n\\nif os.getenv("COVERAGE_PROCESS_START") or os.getenv("COVERAGE_PROCESS_CONFIG"):\\n try:\\n  import coverage\\n except:\\n  pass\\n else:\\n  coverage.process_startup(slug="pth")\')',
    "/opt/shared/libraries",
    "../src",
    "# import os",
    "imports/and/other",
    "",
]


def found(line: str, path: str = "site-packages/acme.pth") -> list[Finding]:
    project = project_of({path: line + "\n", "site-packages/acme/__init__.py": ""})
    return [one for one in find_startup(project) if isinstance(one, Finding)]


@pytest.mark.parametrize("line", HONEST)
def test_what_installers_write_is_left_alone(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("import acme_start", Severity.LOW),
        ("import acme_start; acme_start.begin()", Severity.LOW),
        ("import os; os.nice(1)", Severity.MEDIUM),
        ("import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', '…'])", Severity.HIGH),
        ("import base64; ex" + "ec(base64.b64decode('…'))", Severity.HIGH),
        ("import\tos; os.system('id')", Severity.HIGH),
        (HONEST[0] + "; import os; os.system('id')", Severity.HIGH),
        (HONEST[4] + ";__import__('os').system('id')", Severity.HIGH),
        (HONEST[4].replace("types.ModuleType('google')", "__import__('os').system('id')"), Severity.HIGH),
        (HONEST[4].replace("*('google',)", "*('google', __import__('x').y)"), Severity.HIGH),
    ],
)
def test_a_line_that_runs_code_is_found(line: str, severity: Severity) -> None:
    (finding,) = found(line)
    assert finding.severity is severity


def test_a_file_that_no_interpreter_reads_is_left_alone() -> None:
    assert found("import os; os.system('id')", path="site-packages/acme/data/x.pth") == []


@pytest.mark.parametrize("name", ["sitecustomize.py", "usercustomize.py"])
@pytest.mark.parametrize("root", ["", "site-packages/", "python/"])
def test_modules_of_startups_names_are_found_where_they_are_looked_for(name: str, root: str) -> None:
    (finding,) = find_startup(project_of({f"{root}{name}": "X = 1\n"}))
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.MEDIUM


def test_a_package_that_brings_one_is_named() -> None:
    files = installed("acme", "1.0", {"sitecustomize.py": "X = 1\n"})
    (finding,) = find_startup(project_of(files))
    assert isinstance(finding, Finding)
    assert finding.message == "sitecustomize.py runs in every interpreter that finds it: acme installs it"


def test_tracers_that_keep_one_in_a_folder_of_their_own_are_left_alone() -> None:
    files = installed(
        "tracer",
        "1.0",
        {"tracer/__init__.py": "", "tracer/bootstrap/sitecustomize.py": ""},
        root="site-packages/",
    )
    assert list(find_startup(project_of(files))) == []
