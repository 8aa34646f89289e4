"""The page about roles is what the table says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from dayfly.attach.iam.commands import COMMANDS

ROOT = Path(__file__).parents[2]


def test_the_page_is_generated_from_the_table() -> None:
    spec = importlib.util.spec_from_file_location("iam_page", ROOT / "scripts" / "iam_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.TARGET.read_text(encoding="utf-8") == module.render(), "run `make docs`"


def test_every_action_is_named_on_the_page() -> None:
    page = (ROOT / "docs" / "iam.md").read_text(encoding="utf-8")
    actions = {call.action for command in COMMANDS.values() for call in command.calls}
    assert len(actions) > 10
    assert [one for one in actions if f"`{one}`" not in page] == []
