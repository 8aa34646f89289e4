"""The scan's page, its hooks and its action say what is there, and are pinned and bounded as they should be."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclopts import App
from tests.scan.report.making import TODAY, make_outcome

from dayfly.cli.main import COMMANDS
from dayfly.cli.scan import scan
from dayfly.cli.scan_config import read_table
from dayfly.scan.report.document import as_json
from dayfly.scan.report.suppressions import Suppression, read_suppressions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scan.md").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}$")


def commands() -> list[str]:
    """Every command line on the page and in the hooks."""
    blocks = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`(dayfly scan [^`]*)`", PAGE.replace("\n", " "))
    return [
        line for line in [*lines, *inline, *(hook["entry"] for hook in HOOKS)] if line.startswith("dayfly ")
    ]


@pytest.mark.parametrize("line", commands())
def test_every_command_line_is_one(line: str) -> None:
    words = shlex.split(line)[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
    assert name in COMMANDS
    if name == "scan":
        app = App(result_action="return_value")
        app.default(scan)
        app.parse_args([*words[1:]], exit_on_error=False, print_error=False)


def test_the_configuration_on_the_page_is_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "dayfly.toml").write_text(block)
    assert read_table(tmp_path / "dayfly.toml").path is not None


def test_the_ignore_comment_on_the_page_is_honoured() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (found,) = read_suppressions("app.py", block, today=TODAY)
    assert isinstance(found, Suppression)


def test_the_page_lists_the_keys_of_the_json() -> None:
    made = json.loads(json.dumps(as_json(make_outcome())))
    keys = {*made, *made["notes"][0], *made["findings"][0]["place"]}
    for finding in made["findings"]:
        keys |= finding.keys()
    assert [key for key in sorted(keys) if f"`{key}`" not in PAGE] == []


def test_other_actions_are_pinned_by_commit() -> None:
    used = [step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step]
    used += [one for one in re.findall(r"uses: (\S+)", PAGE) if not one.startswith("OWNER/")]
    assert len(used) == 3
    assert [one for one in used if not _PINNED.match(one)] == []


def test_no_input_becomes_code_of_the_actions_shell() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert len(scripts) == 3
    assert [script for script in scripts if "${{" in script] == []
    named = {name for step in ACTION["runs"]["steps"] for name in re.findall(r"inputs\.([\w-]+)", str(step))}
    assert named == set(ACTION["inputs"])


def test_the_page_asks_for_no_more_permissions_than_are_needed() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    permissions = yaml.safe_load(block)["jobs"]["scan"]["permissions"]
    assert permissions == {"contents": "read", "security-events": "write"}


@pytest.mark.parametrize(("code", "fails"), [(0, False), (1, False), (2, True)])
def test_the_actions_script_scans_what_it_is_told_and_keeps_the_exit_code(
    tmp_path: Path, code: int, fails: bool
) -> None:
    """With a stand-in for the scanner that prints its arguments."""
    (script,) = [step["run"] for step in ACTION["runs"]["steps"] if step.get("id") == "scan"]
    program = tmp_path / "dayfly" / "bin" / "dayfly"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nfor one in "$@"; do echo "[$one]"; done\nexit {code}\n')
    program.chmod(0o755)
    output = tmp_path / "output"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        env={
            "PATH": "/usr/bin:/bin",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(output),
            "INPUT_PATHS": "src one\n$(touch evil)\n",
            "INPUT_FAIL_ON": "high",
            "INPUT_DIFF": "origin/main...",
            "INPUT_BASELINE": "",
            "INPUT_ARGUMENTS": "--skip\nevent.log",
            "INPUT_SARIF": "dayfly.sarif",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) is fails
    assert done.stdout.split("\n")[:-1] == [
        "[scan]", "[--format]", "[sarif]", "[--output]", "[dayfly.sarif]", "[--fail-on]", "[high]",
        "[--diff]", "[origin/main...]", "[--skip]", "[event.log]", "[--]", "[src one]", "[$(touch evil)]",
    ]  # fmt: skip
    assert not (tmp_path / "evil").exists()
    assert output.read_text() == f"code={code}\n"
