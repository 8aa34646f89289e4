"""What docs and rules tell people to type exists: the command, and each option of it."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from dayfly.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "src/dayfly/fleet/detections/rules").glob("*.sql")),
]
# To the end of the command: a line, a code span, a pipe, a comment, or a sentence that goes on.
_TYPED = re.compile(r"(?:^|`|\$ |\(|=)dayfly ([a-z][^`\n#|;)]*)", re.MULTILINE)
_OPTION = re.compile(r"(?<=\s)--[a-z][a-z-]*")
_OF_ALL = {"--help", "--version"}


def options_of(command: str) -> set[str]:
    """The options of a command, from its function."""
    place, _, _ = COMMANDS[command]
    module, _, function = place.partition(":")
    options = set(_OF_ALL)
    for name, parameter in inspect.signature(getattr(import_module(module), function)).parameters.items():
        options.add("--" + name.strip("_").replace("_", "-"))
        options.update(re.findall(r"--[a-z][a-z-]*", str(parameter.annotation)))
    return options


def typed(page: Path) -> list[tuple[str, str]]:
    """Commands that a page names with their options, as (command, option); an empty option for the command itself."""
    found = []
    for text in _TYPED.findall(page.read_text(encoding="utf-8")):
        words = text.split()
        named = [name for name in COMMANDS if words[: len(name.split())] == name.split()]
        if not named:
            groups = [name for name in COMMANDS if name.startswith(words[0] + " ")]
            found.append((words[0] if groups else text, "" if groups else "?"))
            continue
        command = max(named, key=len)
        found.append((command, ""))
        found += [(command, option) for option in _OPTION.findall(text)]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_written_down_exists(page: Path) -> None:
    wrong = [
        f"{command} {option}"
        for command, option in typed(page)
        if option == "?" or (option and option not in options_of(command))
    ]
    assert wrong == []


def test_commands_are_found_on_the_pages() -> None:
    assert len({each for page in PAGES for each in typed(page)}) > 60
