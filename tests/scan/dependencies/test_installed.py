"""Installed files are held against their RECORD."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import installed, project_of

from dayfly.scan.dependencies.installed import find_modified
from dayfly.scan.model import Finding, Severity

FILES: dict[str, str | bytes] = {
    "acme/__init__.py": "A = 1\n",
    "acme/core.py": "B = 2\n",
    "acme/fast.so": b"\x7fELF1",
}


def found(files: dict[str, str | bytes]) -> list[Finding]:
    return list(find_modified(project_of(files)))


@pytest.mark.parametrize("root", ["", "site-packages/", "python/", "function.zip!/", "layer.zip!/python/"])
def test_what_was_published_is_left_alone(root: str) -> None:
    assert found(installed("acme", "1.0", FILES, root=root)) == []


@pytest.mark.parametrize("root", ["", "site-packages/", "python/", "function.zip!/", "layer.zip!/python/"])
def test_a_changed_module_is_found(root: str) -> None:
    files = installed("acme", "1.0", FILES, root=root)
    files[f"{root}acme/core.py"] = "B = 3\n"
    (finding,) = found(files)
    assert finding.severity is Severity.HIGH
    assert finding.place.path == f"{root}acme/core.py"
    assert "acme 1.0 does not match its RECORD" in finding.message


def test_other_line_ends_are_no_change() -> None:
    files = installed("acme", "1.0", FILES)
    files["acme/core.py"] = "B = 2\r\n"
    assert found(files) == []


def test_a_library_that_differs_may_be_stripped() -> None:
    files = installed("acme", "1.0", FILES)
    files["acme/fast.so"] = b"\x7fELF2"
    (finding,) = found(files)
    assert finding.severity is Severity.LOW


def test_files_that_a_build_left_out_are_no_change() -> None:
    files = installed("acme", "1.0", {**FILES, "acme/tests/test_a.py": ""})
    del files["acme/tests/test_a.py"]
    assert found(files) == []


def test_a_file_that_nobody_published_is_found() -> None:
    files = {**installed("acme", "1.0", FILES), "acme/hooks.py": "import os\n"}
    (finding,) = found(files)
    assert finding.message == "acme/hooks.py is in the folder of acme 1.0, but not in its RECORD"


def test_packages_that_share_a_namespace_are_no_addition() -> None:
    files = {
        **installed("google-a", "1", {"google/a/__init__.py": ""}),
        **installed("google-b", "1", {"google/b/__init__.py": ""}),
    }
    assert found(files) == []


def test_bytecode_without_source_is_found_once_for_a_package() -> None:
    files = installed("acme", "1.0", {"acme/__init__.pyc": b"\xa7\r\r\n", "acme/core.pyc": b"\xa7\r\r\n"})
    (finding,) = found(files)
    assert "acme/__init__.pyc, acme/core.pyc of acme is bytecode without source" in finding.message


@pytest.mark.parametrize(
    "record",
    [
        "",
        '"',
        "a,b,c,d\n",
        "acme/core.py\n",
        "../../etc/passwd,sha256=x,1\n",
        "acme/core.py,md5=x,1\n",
        "\0,\0\n",
    ],
)
def test_a_record_of_another_shape_is_no_crash(record: str) -> None:
    files = installed("acme", "1.0", FILES)
    files["acme-1.0.dist-info/RECORD"] = record
    assert all(one.check == "dependency.modified" for one in found(files))
