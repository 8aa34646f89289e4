"""`dayfly policy check`, `explain`, `diff`, `promote`: what is printed, exit codes, what is written and what never is."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.policy.making import DAY, POLICY, finding

from dayfly.cli import main as command
from dayfly.core.findings import GUARD_OBSERVED
from dayfly.policy.model import Use

COMMAND = (sys.executable, "-c", "from dayfly.cli.main import main; main()", "policy")
START = datetime(2025, 11, 1, tzinfo=UTC).timestamp()
API = Use("network", "api.example.com:443", ("requests",), "invoke")
SHELL = Use("process", "/bin/sh", ("function",), "invoke")


def run(
    *arguments: str | Path, text: str = "", columns: int = 80, cwd: Path = Path(".")
) -> subprocess.CompletedProcess[str]:
    """The command, in this process: starting another one takes a second."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("COLUMNS", str(columns))
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = command.run(["policy", *map(str, arguments)])
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())


def run_apart(*arguments: str | Path, columns: int = 80, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        (*COMMAND, *map(str, arguments)),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": str(columns)},
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout.count("\n") == 1, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dayfly.toml").write_text(POLICY)
    (tmp_path / "requests").mkdir()
    lines = ["2025-11-01T00:00:00Z START RequestId: r-0 Version: 1"]
    lines += [finding(API, request=f"r-{n}", at=START + n * DAY, verdict="used") for n in range(3)]
    lines += [finding(SHELL, request="r-3", at=START + 5.5 * DAY), finding(SHELL)[:-40]]
    lines += ["2025-11-15T00:00:00Z START RequestId: r-9 Version: 1"]
    (tmp_path / "log.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize("place", [".", "dayfly.toml"])
def test_a_clean_policy_ends_with_0(folder: Path, place: str) -> None:
    done = run_apart("check", place, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "dayfly.toml: no problem\n", "")


def test_problems_end_with_1_and_have_line_and_fix(folder: Path) -> None:
    path = folder / "dayfly.toml"
    path.write_text(POLICY.replace('"@aws"', '"@aws", "*"') + "[policy.packages.reqeusts]\nuses = []\n")
    done = run("check", path)
    assert done.returncode == 1
    assert max(map(len, done.stdout.splitlines())) <= 80
    shown = " ".join(done.stdout.split())
    assert '! "*" allows every destination' in shown
    assert "contains 'reqeusts'" in shown
    assert "2 problems" in shown
    found = document(run("check", path, "--json"))
    assert [(one["rule"], one["line"]) for one in found["problems"]] == [
        ("policy.network", 13),
        ("policy.packages.reqeusts", 25),
    ]
    assert all(one["fix"] for one in found["problems"])


def test_rules_that_nothing_used_are_told_from_a_log_or_from_uses(folder: Path) -> None:
    found = document(run("check", "--log", "log.txt", "--json", cwd=folder))
    words = [one["what"] for one in found["problems"]]
    assert '"@aws" matches no recorded use' in words
    assert '"api.example.com:443" means nothing that was seen' not in words
    (folder / "uses.jsonl").write_text('{"kind": "network", "target": "api.example.com:443"}\nbroken\n')
    done = run("check", "--uses", "uses.jsonl", cwd=folder)
    assert done.returncode == 1
    assert "1 lines are not valid" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "nowhere"), "nowhere cannot be read"),
        (("check", "broken.toml"), "broken.toml is not valid TOML"),
        (("check", "empty.toml"), "has no [policy]"),
        (("check", "--log", "nowhere"), "nowhere cannot be read"),
        (("check", "--log", "quiet.txt"), "records no allowed uses"),
        (("explain", "magic", "x"), "'magic' is not a kind of use"),
        (("explain", "network"), "network needs a target"),
        (("explain", "nowhere.json"), "nowhere.json cannot be read"),
        (("explain",), "the input is empty"),
        (("explain", "log.txt", "--file", "empty.toml"), "has no [policy]"),
        (("diff", "dayfly.toml", "nowhere", "--log", "log.txt"), "nowhere cannot be read"),
        (("diff", "dayfly.toml", "faulty.toml", "--log", "log.txt"), "faulty.toml"),
        (("promote", "--log", "nowhere"), "nowhere cannot be read"),
        (("promote", "timeless.toml", "--log", "log.txt"), "no promote_after"),
        (("learn", "--log", "quiet.txt", "--output", "new.toml"), "would allow nothing"),
        (("learn",), "no source to learn from was given"),
        (("learn", "--events", "."), "--events needs a handler"),
        (("learn", "--tests"), "--tests needs a command"),
        (("learn", "app.handler", "--log", "log.txt"), "unexpected argument 'app.handler'"),
        (("learn", "--log", "log.txt", "--folder", "nowhere"), "nowhere is not a folder"),
        (("learn", "--log", "log.txt", "--output", "broken.toml"), "broken.toml is not valid TOML"),
        (("learn", "app.handler", "--events", "."), "no *.json file"),
    ],
)
def test_what_cannot_be_used_ends_with_2(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    (folder / "broken.toml").write_text("[policy\n")
    (folder / "quiet.txt").write_text(finding(SHELL))
    (folder / "empty.toml").write_text("a = 1\n")
    (folder / "faulty.toml").write_text("[policy]\nmode = 7\n")
    (folder / "timeless.toml").write_text("[policy.process]\n")
    done = run(*arguments, cwd=folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in " ".join(done.stderr.split())
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_use_is_explained_by_rule_and_line(folder: Path) -> None:
    done = run("explain", "network", "evil.example:443", "--package", "requests", cwd=folder)
    assert done.returncode == 0
    assert "observed" in done.stdout
    assert "dayfly.toml:12" in done.stdout
    found = document(
        run("explain", "network", "api.example.com:443", "--package", "requests", "--json", cwd=folder)
    )
    assert (found["effect"], found["steps"][0]["line"]) == ("allowed", 13)


@pytest.mark.parametrize("form", ["line", "pretty", "file"])
def test_a_finding_from_the_log_is_explained(folder: Path, form: str) -> None:
    line = finding(SHELL)
    if form == "file":
        (folder / "finding.json").write_text(line)
        done = run("explain", "finding.json", "--json", cwd=folder)
    else:
        done = run(
            "explain",
            "--json",
            text=line if form == "line" else json.dumps(json.loads(line), indent=2),
            cwd=folder,
        )
    found = document(done)
    assert (found["kind"], found["target"], found["effect"]) == ("process", "/bin/sh", "observed")
    other = run("explain", text=finding(None, kind=GUARD_OBSERVED, rule="sql.clause"), cwd=folder)
    assert "sql: not decided by the policy" in other.stdout
    assert "block (dayfly.toml:7" in other.stdout


def test_a_new_policy_is_compared_on_a_log(folder: Path) -> None:
    (folder / "new.toml").write_text(POLICY.replace('"api.example.com:443", ', ""))
    packed = folder / "log.gz"
    packed.write_bytes(gzip.compress((folder / "log.txt").read_bytes()))
    done = run("diff", "dayfly.toml", "new.toml", "--log", packed, cwd=folder)
    assert done.returncode == 0
    shown = " ".join(done.stdout.split())
    assert "The new policy is stricter allowed → observed network api.example.com:443" in shown
    assert "3 findings, 3 requests: r-0, r-1, r-2" in shown
    assert "1 finding could not be read" in shown
    found = document(
        run(
            "diff", ".", "new.toml", "--log", "-", "--json", text=(folder / "log.txt").read_text(), cwd=folder
        )
    )
    assert [(one["before"], one["after"], one["requests"]) for one in found["changes"]] == [
        ("allowed", "observed", 3)
    ]


def test_a_log_without_what_was_allowed_says_so(folder: Path) -> None:
    (folder / "quiet.txt").write_text(finding(SHELL))
    done = run("diff", ".", ".", "--log", "quiet.txt", cwd=folder)
    assert "guard_learn was off" in done.stdout
    assert "guard_learn" not in run("diff", ".", ".", "--log", "log.txt", cwd=folder).stdout


def test_promotion_shows_and_writes_a_diff(folder: Path) -> None:
    path = folder / "dayfly.toml"
    dry = run("promote", "--log", "log.txt", "--dry-run", cwd=folder)
    assert dry.returncode == 0
    assert path.read_text() == POLICY
    assert "+quiet_since = 2025-11-07" in dry.stdout
    assert "was not changed: --dry-run" in dry.stdout
    path.chmod(0o640)
    done = document(run("promote", "--log", "log.txt", "--json", cwd=folder))
    assert done["written"] is True
    assert done["observing"] == {"process": 1}
    assert "network" in done["promoted"]
    assert 'mode = "block"' in path.read_text()
    assert oct(path.stat().st_mode)[-3:] == "640"
    assert run("check", cwd=folder).returncode == 0
    again = run("promote", "--log", "log.txt", cwd=folder)
    assert "promote_after is 14 days" in " ".join(again.stdout.split())


def test_a_log_becomes_a_policy_and_no_suspect_request_does(folder: Path) -> None:
    path = folder / "dayfly.toml"
    path.write_text('# ours\ntmp = "scrub"\n')
    lines = [
        finding(API, verdict="used"),
        finding(SHELL, request="r-2"),
        finding(None, request="r-2", kind=GUARD_OBSERVED, rule="shell.x"),
    ]
    done = run("learn", "--log", "-", text="\n".join(lines), cwd=folder)
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    assert text.startswith('# ours\ntmp = "scrub"\n\n[policy]\n')
    assert "api.example.com:443" in text
    assert "/bin/sh" not in text
    assert "the guard also saw an attack there" in " ".join(done.stdout.split())
    assert run("check", cwd=folder).returncode == 0


def test_help_has_examples() -> None:
    for name in ("learn", "check", "explain", "diff", "promote"):
        assert f"dayfly policy {name}" in run(name, "--help", columns=120).stdout
