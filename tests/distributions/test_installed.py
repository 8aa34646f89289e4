"""The distributions as pip installs them: in any order, one taken away, from source archives, and without the gauntlet."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.interpreters import UV
from tests.rie import ROOT
from tests.wheels import (
    DAYFLY,
    GAUNTLET,
    PROJECTS,
    RUNTIME,
    archive_of,
    built_folder,
    files_of,
    run,
    wheel_of,
)

pytestmark = pytest.mark.slow  # each makes an environment
# What needs the gauntlet, with an extra that brings the rest.
COMMANDS = (["demo"], ["demo", "--help"], ["lab", "gauntlet", "--list"], ["lab", "try", "event.command"])


class Environment:
    """An environment with nothing in it but pip."""

    def __init__(self, folder: Path) -> None:
        run(UV, "venv", "--quiet", "--seed", "--python", sys.executable, str(folder))
        self.bin = folder / "bin"
        (self._packages,) = folder.glob("lib/python3.*/site-packages")

    def pip(self, *arguments: str | Path) -> str:
        return run(self.bin / "python", "-m", "pip", "--disable-pip-version-check", *arguments)

    def tree(self) -> set[str]:
        """The files of the package, without bytecode; pip leaves empty folders behind."""
        kept = [path for path in (self._packages / "dayfly").rglob("*") if path.is_file()]
        return {path.relative_to(self._packages).as_posix() for path in kept if path.suffix != ".pyc"}


def _tree_of(*names: str) -> set[str]:
    return {file for name in names for file in files_of(wheel_of(name)) if ".dist-info/" not in file}


@pytest.mark.parametrize("order", [(RUNTIME, DAYFLY, GAUNTLET), (GAUNTLET, DAYFLY, RUNTIME)], ids="-".join)
def test_any_order_gives_the_same_tree_and_each_leaves_nothing_but_the_others(
    order: Sequence[str], tmp_path: Path
) -> None:
    environment = Environment(tmp_path / "venv")
    for name in order:
        environment.pip("install", "--quiet", "--no-deps", "--no-index", wheel_of(name))
    assert environment.tree() == _tree_of(*order)
    for number, name in enumerate(order, start=1):
        environment.pip("uninstall", "--quiet", "--yes", name)
        assert environment.tree() == _tree_of(*order[number:])


# The runtime is compiled, for two processors: four minutes.
@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_source_archives_install_without_an_index(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv")
    run(
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        environment.bin / "python",
        "hatchling",
        "ziglang==0.17.1",
    )
    archives = [archive_of(name) for name in PROJECTS]
    environment.pip("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", *archives)
    assert environment.tree() == _tree_of(*PROJECTS)


def test_without_the_gauntlet_each_command_of_its_says_what_to_install(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv")
    dayfly = environment.bin / "dayfly"
    _install(environment, f"{DAYFLY}[gauntlet,scan]")
    assert "thread" in run(dayfly, "lab", "gauntlet", "--list")
    assert "subprocess.run" in run(dayfly, "explain", "event.command")
    environment.pip("uninstall", "--quiet", "--yes", GAUNTLET)
    for arguments in COMMANDS:
        told = run(dayfly, *arguments, expected=[2])
        assert "this command needs dayfly-gauntlet, which is not installed" in told, arguments
        assert 'pip install "dayfly[gauntlet' in told
        assert "Traceback" not in told
    told = run(dayfly, "explain", "event.command", expected=[2])
    assert "In a warm environment" in told
    assert "attacks are in dayfly-gauntlet, which is not installed" in told
    assert 'pip install "dayfly[gauntlet]"' in told
    # The others do without.
    assert "gauntlet" in run(dayfly, "--help") + run(dayfly, "lab", "--help")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context):\n    return eval(event['x'])\n")
    told = run(dayfly, "scan", "--format", "sarif", cwd=tmp_path / "code", expected=[1])
    rules = {rule["id"]: rule for rule in json.loads(told)["runs"][0]["tool"]["driver"]["rules"]}
    assert "`dayfly explain event.code` shows it after" in rules["event.code"]["help"]["markdown"]


def test_the_runtime_alone_brings_nothing_but_awslambdaric(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv")
    before = _listed(environment)
    _install(environment, RUNTIME)
    assert _listed(environment) - before == {RUNTIME, "awslambdaric", "snapshot-restore-py", "simplejson"}
    assert not (environment.bin / "dayfly").exists()


@pytest.mark.nightly  # three minutes
@pytest.mark.timeout(900)
def test_what_docs_hooks_and_action_install_from_a_checkout_can_be_resolved(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv")
    (action,) = re.findall(r"pip install .*--quiet \\\n(.*)", (ROOT / "action.yml").read_text())
    commands = {tuple(shlex.split(action.replace("$GITHUB_ACTION_PATH", str(ROOT))))}
    hooks = re.findall(r"additional_dependencies: (.*)", (ROOT / ".pre-commit-hooks.yaml").read_text())
    commands |= {(".", *json.loads(found)) for found in hooks}
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    typed = [
        found
        for page in pages
        for found in re.findall(r"pip install ([^#`\n]*packages/[^#`\n;]*)", page.read_text())
    ]
    commands |= {tuple(shlex.split(found)) for found in typed}
    assert len(commands) > 5
    # Each needs the runtime from here: there is no release that could bring it.
    assert [one for one in commands if not any(word.endswith("packages/runtime") for word in one)] == []
    # All in one: pip builds each project to know what it needs, and the runtime is compiled for that.
    words = sorted({word for arguments in commands for word in arguments})
    run(str(environment.bin / "python"), "-m", "pip", "install", "--quiet", "--dry-run", *words, cwd=ROOT)


def _install(environment: Environment, requirement: str) -> None:
    run(
        *(UV, "pip", "install", "--quiet", "--python", environment.bin / "python"),
        *("--find-links", built_folder(), requirement),
    )


def _listed(environment: Environment) -> set[str]:
    return {str(one["name"]) for one in json.loads(environment.pip("list", "--format", "json"))}
