"""`dayfly scan`: what is printed and written, exit codes, and a bounded, named result for every bad input."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.inprocess import invoke

HANDLER = """\
import os


def handler(event, context):
    os.system("convert " + event["queryStringParameters"]["name"])
    return {"statusCode": 200}
"""
CLEAN = "def handler(event, context):\n    return {'statusCode': 200}\n"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def run(*arguments: str | Path, cwd: Path, columns: int = 100) -> subprocess.CompletedProcess[str]:
    return invoke("scan", *arguments, cwd=cwd, environment={"COLUMNS": str(columns)})


def document(*arguments: str | Path, cwd: Path) -> dict[str, Any]:
    done = run(*arguments, "--json", cwd=cwd)
    assert done.returncode in (0, 1), done.stderr
    made = json.loads(done.stdout)
    assert isinstance(made, dict)
    return made


def notes(made: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    return [(one["place"]["path"], one["message"]) for one in made["notes"] if one["kind"] == kind]


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A folder with one vulnerable handler."""
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "app.py").write_text(HANDLER)
    return folder


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A folder with one harmless handler, for bad company."""
    folder = tmp_path / "clean"
    folder.mkdir()
    (folder / "app.py").write_text(CLEAN)
    return folder


def test_a_person_sees_the_way_from_the_event_to_the_sink(function: Path) -> None:
    done = run(cwd=function)
    assert done.returncode == 1
    assert "event.command" in done.stdout
    assert 'os.system("convert " + event["queryStringParameters"]["name"])' in done.stdout
    assert "^^^^" in done.stdout
    assert "dayfly explain event.command" in done.stdout
    assert "\x1b" not in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 1),
        (("--fail-on", "critical"), 1),
        (("--fail-on", "never"), 0),
        (("--skip", "event"), 0),
        (("--only", "weak"), 0),
        (("--only", "event.command"), 1),
    ],
)
def test_the_exit_code_says_whether_there_is_a_finding_that_bad(
    function: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert run(*arguments, cwd=function).returncode == code


def test_json_is_one_document_on_one_line(function: Path) -> None:
    done = run("--format", "json", cwd=function)
    assert done.stdout.count("\n") == 1
    assert {one["check"] for one in json.loads(done.stdout)["findings"]} >= {"event.command"}


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html"])
def test_every_format_goes_into_a_file(function: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"report.{form}"
    done = run("--format", form, "--output", target, cwd=function)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "event.command" in target.read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_sarif_and_html_go_to_standard_output(function: Path) -> None:
    assert json.loads(run("--format", "sarif", cwd=function).stdout)["version"] == "2.1.0"
    assert run("--format", "html", cwd=function).stdout.startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_an_error(function: Path, tmp_path: Path) -> None:
    done = run("--output", tmp_path / "no" / "report.txt", cwd=function)
    assert done.returncode == 2
    assert "is not a folder" in done.stderr


def test_a_baseline_is_written_and_takes_findings_out(function: Path) -> None:
    assert run("--baseline", "known.json", "--write-baseline", cwd=function).returncode == 0
    done = run("--baseline", "known.json", cwd=function)
    assert done.returncode == 0
    assert "in the baseline" in done.stdout
    (function / "app.py").write_text(HANDLER.replace("os.system", "os.popen"))
    assert run("--baseline", "known.json", cwd=function).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--write-baseline",), "--baseline FILE"),
        (("--baseline", "nope.json"), "cannot be read"),
        (("--baseline", "app.py"), "is not a baseline"),
        (("--write-baseline", "--baseline", "x", "--diff", "HEAD"), "cannot be combined"),
        (("--only", "event.sqll"), "event.sql"),
        (("--skip", "nope"), "unknown check"),
        (("--fail-on", "urgent"), "urgent"),
        (("--jobs", "0"), "out of range"),
        (("--config", "nope.toml"), "is not a file"),
        (("nope",), "cannot read nope"),
        (("--format", "xml"), "xml"),
        (("--osv-database", "nope"), "nope"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_hint(
    function: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments, cwd=function)
    assert done.returncode == 2, done.stdout
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_progress_is_for_those_who_watch(function: Path) -> None:
    assert run(cwd=function).stderr == ""


def test_a_second_scan_remembers_and_no_cache_does_not(function: Path, cache: Path) -> None:
    run("--no-cache", cwd=function)
    assert list(cache.rglob("*.sqlite")) == []
    first = document(cwd=function)
    assert list(cache.rglob("*.sqlite")) != []
    assert {**document(cwd=function), "seconds": 0} == {**first, "seconds": 0}


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_with_diff_a_new_call_of_an_old_hole_counts_and_the_old_ones_do_not(tmp_path: Path) -> None:
    helper = "import os\n\n\ndef convert(name):\n    os.system('convert ' + name)\n"
    _write(tmp_path, "helper.py", helper)
    _write(
        tmp_path,
        "old.py",
        "import helper\n\n\ndef handler(event, context):\n    helper.convert(event['a'])\n",
    )
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "-m", "old")
    assert run("--diff", "HEAD", cwd=tmp_path).returncode == 0
    assert run(cwd=tmp_path).returncode == 1
    _write(
        tmp_path,
        "new.py",
        "import helper\n\n\ndef handler(event, context):\n    helper.convert(event['b'])\n",
    )
    made = document("--diff", "HEAD", "--only", "event", cwd=tmp_path)
    assert [(one["function"], one["standing"]) for one in made["findings"]] == [
        ("new.handler", "open"),
        ("old.handler", "elsewhere"),
    ]
    assert {one["place"]["path"] for one in made["findings"]} == {"helper.py"}
    assert run("--diff", "nope", cwd=tmp_path).returncode == 2


def test_the_configuration_is_used_and_what_it_leaves_out_is_told(function: Path) -> None:
    _write(function, "dayfly.toml", "[scan]\nskip = ['event']\n")
    done = run(cwd=function)
    assert done.returncode == 0
    assert "dayfly.toml skips event" in done.stdout
    _write(function, "dayfly.toml", "[scan]\nskip = ['evnt']\n")
    done = run(cwd=function)
    assert done.returncode == 2
    assert "dayfly.toml" in done.stderr


def test_sigterm_ends_the_scan_and_its_processes(tmp_path: Path) -> None:
    for number in range(30):
        _write(tmp_path, f"app{number}.py", HANDLER + "x = [1]\n" * 3_000)
    with subprocess.Popen(
        [sys.executable, "-c", "from dayfly.cli.main import main; main()", "scan", "--no-cache", "--jobs", "2"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 60
        while not children.read_text().split() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)  # a child of another process tells nobody that it is there
        left = [int(pid) for pid in children.read_text().split()]
        assert left
        process.terminate()
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (143, "", "")
    assert [pid for pid in left if Path(f"/proc/{pid}").exists()] == []


def test_handlers_may_be_named(clean: Path) -> None:
    (clean / "odd.py").write_text(HANDLER.replace("def handler", "def do_it"))
    assert run("--handler", "odd.do_it", cwd=clean).returncode == 1
    missing = run("--handler", "nope.handler", cwd=clean)
    assert missing.returncode == 2
    assert "the handler of nope.handler was not found" in missing.stderr
    assert "hint:" in missing.stderr


def test_excluded_files_are_not_read(function: Path) -> None:
    (function / "ok.py").write_text(CLEAN)
    assert run("--exclude", "app.py", cwd=function).returncode == 0


def test_a_zip_a_layer_and_one_file_are_scanned(function: Path, tmp_path: Path) -> None:
    archive = tmp_path / "function.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", HANDLER)
    made = document(archive, cwd=tmp_path)
    assert {one["place"]["path"] for one in made["findings"] if one["check"] == "event.command"} == {
        "function.zip!/app.py"
    }
    made = document(function / "app.py", cwd=tmp_path)
    assert {one["place"]["path"] for one in made["findings"] if one["check"] == "event.command"} == {
        "function/app.py"
    }


def test_a_template_names_its_function(function: Path, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Payments:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function/
      Handler: app.handler
      Runtime: python3.13
"""
    )
    made = document("template.yaml", "--only", "event", cwd=tmp_path)
    assert made["functions"] == ["Payments"]
    assert {one["function"] for one in made["findings"]} == {"Payments"}


TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Pay:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: function/, Handler: aws.handler, Runtime: python3.13}
"""


def test_a_policy_is_suggested_with_the_lines_that_need_it(function: Path, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (function / "aws.py").write_text(
        "import boto3\ndef handler(event, context):\n    boto3.client('s3').get_object(Bucket='b', Key='k')\n"
    )
    done = run("template.yaml", "--suggest-policy", cwd=tmp_path)
    assert done.returncode == 0
    assert '"s3:GetObject"' in done.stdout
    assert "function/aws.py:3" in done.stdout
    made = json.loads(run("template.yaml", "--suggest-policy", "--json", cwd=tmp_path).stdout)
    (policy,) = made["policies"]
    assert policy["function"] == "Pay"
    assert any(one["action"] == "s3:GetObject" for one in policy["reasons"])


def test_without_a_handler_there_is_no_policy(tmp_path: Path) -> None:
    _write(tmp_path, "x.py", "x = 1\n")
    done = run("--suggest-policy", cwd=tmp_path)
    assert done.returncode == 2
    assert "--handler" in done.stderr


def test_a_bill_of_materials_is_written_beside_the_result(clean: Path, tmp_path: Path) -> None:
    _write(clean, "requirements.txt", "boto3==1.40.0\n")
    assert run("--sbom", tmp_path / "bom.json", cwd=clean).returncode == 0
    made = json.loads((tmp_path / "bom.json").read_text())
    assert made["bomFormat"] == "CycloneDX"
    assert run(clean, clean, "--sbom", tmp_path / "bom.json", cwd=clean).returncode == 2


def test_what_a_dependency_does_anew_is_a_finding(clean: Path) -> None:
    _write(clean, "site-packages/calm-1.0.dist-info/METADATA", "Name: calm\nVersion: 1.0\n")
    _write(clean, "site-packages/calm-1.0.dist-info/RECORD", "calm.py,,\n")
    _write(clean, "site-packages/calm.py", "x = 1\n")
    assert run("--write-capabilities", "--only", "dependency.capability-changed", cwd=clean).returncode == 0
    assert run("--only", "dependency.capability-changed", cwd=clean).returncode == 0
    _write(clean, "site-packages/calm.py", "import subprocess\nsubprocess.run(['true'])\n")
    done = run("--only", "dependency.capability-changed", cwd=clean)
    assert done.returncode == 1
    assert "starts processes" in done.stdout
    assert run("--capabilities", "nope.json", cwd=clean).returncode == 2


# Bad input ---------------------------------------------------------------------------------------------------------


def _write(folder: Path, name: str, data: bytes | str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def _zip(
    folder: Path, name: str, entries: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED
) -> None:
    with zipfile.ZipFile(folder / name, "w", compression) as file:
        for entry, data in entries.items():
            file.writestr(entry, data)


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")


def _socket(folder: Path) -> None:
    with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")


def _loop(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "self.py").symlink_to("self.py")


def _leaving(folder: Path) -> None:
    (folder / "shadow.py").symlink_to("/etc/passwd")
    (folder / "root").symlink_to("/")


def _deep(folder: Path) -> None:
    deepest = folder.joinpath(*["d"] * 100)
    deepest.mkdir(parents=True)
    (deepest / "x.py").write_text("x = 1\n")


def _bomb(folder: Path) -> None:
    _zip(folder, "bomb.zip", {"python/bomb.py": b"#" * 20_000_000})


def _nested(folder: Path) -> None:
    data = HANDLER.encode()
    for _ in range(6):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as file:
            file.writestr("inner.zip", data)
        data = made.getvalue()
    _write(folder, "outer.zip", data)


def _slip(folder: Path) -> None:
    _zip(folder, "slip.zip", {"../../evil.py": b"x = 1\n", "/abs.py": b"x = 1\n", "ok.py": CLEAN.encode()})


BAD: list[tuple[str, Callable[[Path], None], str, str]] = [
    ("broken syntax", lambda f: _write(f, "b.py", "def (:\n"), "not analysable", "is not valid Python"),
    ("newer syntax", lambda f: _write(f, "b.py", "x = §\n"), "not analysable", "is not valid Python"),
    ("a binary file", lambda f: _write(f, "b.py", os.urandom(64) + b"\0"), "not analysable", "NUL"),
    ("a wrong encoding", lambda f: _write(f, "b.py", b"\n\nx = '\xff\xfe'\n"), "not analysable", "0xff"),
    ("a wrong first line", lambda f: _write(f, "b.py", b"x = '\xff\xfe'\n"), "not analysable", "encoding"),
    ("an unknown encoding", lambda f: _write(f, "b.py", "# coding: klingon\nx=1\n"), "not analysable", "encoding"),
    ("UTF-16", lambda f: _write(f, "b.py", "x = 1\n".encode("utf-16")), "not analysable", ""),
    ("deep nesting", lambda f: _write(f, "b.py", "x = " + "(" * 20_000), "not analysable", ""),
    ("deep attributes", lambda f: _write(f, "b.py", "x" + ".a" * 100_000 + "\n"), "", ""),
    ("a deep sum", lambda f: _write(f, "b.py", "x = 1" + " + 1" * 50_000 + "\n"), "", ""),
    ("deep blocks", lambda f: _write(f, "b.py", "".join(" " * n + "if 1:\n" for n in range(200))), "not analysable", ""),
    ("a huge file", lambda f: _write(f, "b.py", b"x = 1\n" * 700_000), "bounded", "the limit is"),
    ("texts that double", lambda f: _write(f, "app.py", _doubling()), "", ""),
    ("one huge line", lambda f: _write(f, "b.py", "x = [" + "1," * 500_000 + "]\n"), "", ""),
    ("an empty file", lambda f: _write(f, "b.py", ""), "", ""),
    ("a zip bomb", _bomb, "bounded", "times its size"),
    ("archives in archives", _nested, "bounded", "archive inside nested archives"),
    ("path traversal", _slip, "refused", "path outside the archive"),
    ("no zip", lambda f: _write(f, "b.zip", b"PK\x03\x04 no"), "not analysable", "is not a zip"),
    ("links in circles", _loop, "", ""),
    ("links that leave", _leaving, "refused", "outside the scanned folder"),
    ("deep folders", _deep, "bounded", "directories"),
    ("a FIFO", _fifo, "", ""),
    ("a socket", _socket, "", ""),
    ("an odd name", lambda f: _write(f, "\x1b[31m\n.py", "def (\n"), "not analysable", ""),
    ("a broken template", lambda f: _write(f, "template.yaml", "Resources: {a: [}\n"), "", ""),
    ("a template of a billion", lambda f: _write(f, "template.yaml", _billion()), "", ""),
    ("a deep template", lambda f: _write(f, "template.yaml", "Resources: " + "[" * 50_000), "", ""),
    ("a deep JSON template", lambda f: _write(f, "template.json", '{"Resources": ' + "[" * 100_000), "", ""),
    ("an unknown intrinsic", lambda f: _write(f, "template.yaml", _unknown()), "", ""),
    ("a broken Terraform file", lambda f: _write(f, "main.tf", 'resource "aws_lambda_function" {{{\n'), "", ""),
    ("a broken lock file", lambda f: _write(f, "uv.lock", "[[package]\nname = \n"), "", ""),
    ("hostile metadata", lambda f: _write(f, "x-1.dist-info/METADATA", b"\xff\0Name: x\n" * 10), "", ""),
]  # fmt: skip


def _billion() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 12):
        lines.append(f"a{number}: &a{number} [" + ", ".join(f"*a{number - 1}" for _ in range(9)) + "]")
    return "\n".join(lines) + "\nResources: *a11\n"


def _doubling() -> str:
    lines = [f"a{number} = a{number - 1} + a{number - 1}\n" for number in range(1, 60)]
    return "import sys\na0 = 'x'\n" + "".join(lines) + "sys.path.append(a59)\n" + CLEAN


def _unknown() -> str:
    return """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Odd:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: !FromTheFuture [a, {b: !Nested c}]
      Handler: !Transform {Name: X}
      Runtime: python3.13
"""


@pytest.mark.parametrize(("make", "kind", "said"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_bad_input_is_named_and_costs_nothing_else(
    clean: Path, make: Callable[[Path], None], kind: str, said: str
) -> None:
    make(clean)
    done = run("--json", "--jobs", "1", cwd=clean)
    made = json.loads(done.stdout)
    # Code that could not be read is no clean bill; an import, a link or a limit is only named.
    assert done.returncode == (2 if made["unread"] else 0), done.stdout + done.stderr
    assert kind != "not analysable" or made["unread"] != []
    assert made["functions"] != []
    assert [one["message"] for one in made["notes"] if "the scanner failed" in one["message"]] == []
    if kind:
        assert any(said in message for _, message in notes(made, kind)), made["notes"]
    text = run("--jobs", "1", cwd=clean)
    assert text.returncode == done.returncode
    assert "\x1b" not in text.stdout
    if kind:
        assert "Not checked" in text.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_named(clean: Path) -> None:
    _write(clean, "b.py", "x = 1\n")
    (clean / "b.py").chmod(0)
    assert any("cannot be read" in message for _, message in notes(document(cwd=clean), "not analysable"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder, "nothing to scan"),
        (lambda folder: folder / "nope", "cannot read"),
        (lambda folder: Path("/dev/zero"), "neither a file nor a folder"),
        (lambda folder: _made(folder / "b.zip", b"no zip"), "is not a zip archive"),
        (lambda folder: _made(folder / "b.bin", os.urandom(100)), "nothing to scan"),
        (lambda folder: _made(folder / "b.yaml", b"a: ["), "not a supported template"),
        (lambda folder: _piped(folder / "pipe"), "neither a file nor a folder"),
    ],
    ids=["empty", "not there", "device", "no zip", "binary", "no template", "FIFO"],
)
def test_where_nothing_can_be_scanned_the_exit_code_is_two(
    tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    done = run(make(folder), cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "hint:" in done.stderr


def _made(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _piped(path: Path) -> Path:
    os.mkfifo(path)
    return path


SPY = """
import sys
import dayfly.cli.main as command
command.build_app(["scan"])
import dayfly.cli.scan, dayfly.scan.report.sarif, dayfly.scan.report.page
seen = []
FORBIDDEN = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn"}
def hook(event, arguments):
    if event in FORBIDDEN or event.startswith(("socket.", "ctypes.")):
        seen.append((event, str(arguments)[:100]))
    elif event == "exec" and TRAP in str(getattr(arguments[0], "co_filename", "")):
        seen.append((event, arguments[0].co_filename))
    elif event == "import" and ("trapdoor" in str(arguments[0]) or TRAP in str(arguments[1])):
        seen.append((event, str(arguments[0])))
    elif event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(TRAP) and (arguments[2] or 0) & 3:
        seen.append((event, arguments[0]))
sys.addaudithook(hook)
for form in ("text", "json", "sarif", "html"):
    for jobs in ("1", "2"):
        code = command.run(["scan", TRAP, "--format", form, "--jobs", jobs, "--no-cache"])
        assert (code, seen) == (1, []), (form, jobs, code, seen)
"""


def test_nothing_of_what_is_scanned_is_imported_or_run(tmp_path: Path) -> None:
    folder = tmp_path / "trap"
    evidence = tmp_path / "it-ran"
    fire = f"open({str(evidence)!r}, 'w').close()\n"
    for name in (
        "app.py",
        "trapdoor.py",
        "conftest.py",
        "setup.py",
        "sitecustomize.py",
        "yaml.py",
        "json.py",
    ):
        _write(folder, name, fire + HANDLER + "\n" * 2000)
    _write(folder, "evil.pth", f"import os; {fire}")
    _write(folder, "__init__.py", fire)
    _write(
        folder, "template.yaml", f"a: !!python/object/apply:os.system ['touch {evidence}']\nResources: {{}}\n"
    )
    _write(folder, "requirements.txt", "evil @ https://example.invalid/evil.zip\n")
    script = f"TRAP = {str(folder)!r}\n" + SPY
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=500, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert not evidence.exists()
