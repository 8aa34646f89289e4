"""`dayfly scan` says by its exit code that it could not check: nothing to scan, or a part that could not be read."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from dayfly.cli import main as command

BROKEN = "def handler(event, context:\n    return 1\n"
CLEAN = "def handler(event, context):\n    return {'statusCode': 200}\n"
FOUND = "import os\n\n\ndef handler(event, context):\n    os.system(event['name'])\n"
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., Handler: app.handler, Runtime: python3.13}
"""


def run(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = command.run(["scan", "--no-cache", *arguments])
    return code, output.getvalue(), errors.getvalue()


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data.encode() if isinstance(data, str) else data)


NOTHING: dict[str, tuple[dict[str, str | bytes], tuple[str, ...], str]] = {
    "an empty folder": ({}, (), "no Python file"),
    "a path that is not there": ({}, ("nope",), "cannot read nope"),
    "a lone broken file": ({"app.py": BROKEN}, ("app.py",), "app.py:1 is not valid Python"),
    "only broken files": ({"app.py": BROKEN, "lib/b.py": "x = (\n"}, (), "app.py:1 is not valid Python"),
    "one good path and one that is not there": ({"a/app.py": CLEAN}, ("a", "b"), "cannot read b"),
    "one good path and one broken file": ({"a/app.py": CLEAN, "b.py": BROKEN}, ("a", "b.py"), "b.py:1"),
    "a binary file": ({"app.py": b"\0\1\2"}, (), "NUL"),
    "a broken template alone": ({"template.yaml": "Resources: {a: [}\n"}, (), "nothing to scan"),
    "a template without functions": (
        {"template.yaml": "Transform: AWS::Serverless-2016-10-31\nResources: {T: {Type: AWS::SNS::Topic}}\n"},
        (),
        "no template with a function",
    ),
    "only text": ({"notes.txt": "hello\n", "README.md": "# x\n"}, (), "no Python file"),
    "only other languages": ({"index.js": "exports.handler = 1\n"}, (), "no Python file"),
    "everything excluded": ({"src/app.py": CLEAN}, ("--exclude", "src/**"), "--exclude"),
    "everything excluded by configuration": (
        {"app.py": CLEAN, "dayfly.toml": "[scan]\nexclude = ['*.py']\n"},
        (),
        "dayfly.toml",
    ),
    "every check skipped": (
        {"app.py": CLEAN},
        tuple(
            part
            for family in ("event", "weak", "state", "permission", "dependency", "secret", "configuration")
            for part in ("--skip", family)
        ),
        "contains no check",
    ),
    "only an environment, which is not the function's": (
        {".venv/pyvenv.cfg": "", ".venv/lib/app.py": CLEAN},
        (),
        "no Python file",
    ),
}


@pytest.mark.parametrize(("files", "arguments", "said"), NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_run_that_can_check_nothing_ends_with_two(
    files: dict[str, str | bytes], arguments: tuple[str, ...], said: str, form: str, tmp_path: Path
) -> None:
    write(tmp_path, files)

    code, _, errors = run(*arguments, "--format", form, cwd=tmp_path)

    assert code == 2
    assert said in errors
    assert "Traceback" not in errors


def test_a_zip_without_python_ends_with_two(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("index.js", "exports.handler = 1\n")

    code, _, errors = run("a.zip", cwd=tmp_path)

    assert (code, "nothing to scan in a.zip" in errors) == (2, True)


def test_a_zip_of_a_broken_file_ends_with_two(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("app.py", BROKEN)

    code, _, errors = run("a.zip", cwd=tmp_path)

    assert (code, "app.py:1 is not valid Python" in errors) == (2, True)


UNREAD: dict[str, dict[str, str | bytes]] = {
    "a module": {"lib/b.py": BROKEN},
    "a module of an unknown encoding": {"lib/b.py": b"x = '\xff'\n"},
    "an archive": {"layer.zip": b"PK\3\4 broken"},
    "a template": {"template.yaml": TEMPLATE + "  Broken: {a: [}\n"},
}


@pytest.mark.parametrize("files", UNREAD.values(), ids=UNREAD)
def test_a_part_that_cannot_be_read_ends_with_two_and_the_rest_is_reported(
    files: dict[str, str | bytes], tmp_path: Path
) -> None:
    write(tmp_path, {"app.py": CLEAN, **files})

    code, output, _ = run("--json", cwd=tmp_path)
    text_code, text, _ = run(cwd=tmp_path)

    assert code == text_code == 2
    found = json.loads(output)
    assert {one["place"]["path"] for one in found["unread"]} == set(files)
    assert found["functions"] != []
    assert "1 part could not be read" in text


def test_a_finding_that_fails_the_run_comes_first(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": FOUND, "b.py": BROKEN})

    assert run(cwd=tmp_path)[0] == 1
    assert run("--fail-on", "never", cwd=tmp_path)[0] == 2


@pytest.mark.parametrize(
    "files",
    [
        {"tests/data/broken.py": BROKEN},
        {
            "python/lib/python3.13/site-packages/old/a.py": "print 'Python 2'\n",
            "python/lib/python3.13/site-packages/old-1.dist-info/METADATA": "Name: old\nVersion: 1\n",
        },
    ],
    ids=["a test's sample", "a dependency"],
)
def test_what_no_event_reaches_may_be_unreadable(files: dict[str, str | bytes], tmp_path: Path) -> None:
    write(tmp_path, {"app.py": CLEAN, **files})

    code, output, _ = run("--json", "--only", "event", cwd=tmp_path)

    assert (code, json.loads(output)["unread"]) == (0, [])


def test_a_baseline_of_a_part_ends_with_two(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": FOUND, "b.py": BROKEN})

    code, _, errors = run("--baseline", "known.json", "--write-baseline", cwd=tmp_path)

    assert (code, "could not be read" in errors) == (2, True)


def test_a_suggested_policy_that_lacks_a_file_ends_with_two(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": CLEAN, "b.py": BROKEN, "template.yaml": TEMPLATE})

    code, output, errors = run("--suggest-policy", "--json", cwd=tmp_path)

    assert (code, "b.py:1 is not valid Python" in errors) == (2, True)
    assert json.loads(output)["policies"] != []


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_with_diff_nothing_to_check_is_zero_and_a_changed_file_that_cannot_be_read_is_two(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"app.py": FOUND, "old.py": BROKEN, "README.md": "x\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    (tmp_path / "README.md").write_text("y\n")

    code, output, _ = run("--diff", "HEAD", cwd=tmp_path)
    assert code == 0, output
    assert "No changed line is code" in output or "not on changed lines" in output

    (tmp_path / "old.py").write_text(BROKEN + "\n")
    assert run("--diff", "HEAD", cwd=tmp_path)[0] == 2
