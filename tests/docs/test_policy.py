"""The policy that the page shows is one, and nothing is wrong with it; every command on the page exists."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from dayfly.cli.main import COMMANDS
from dayfly.policy.checking import check
from dayfly.policy.document import parse_document

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def test_the_policy_on_the_page_is_one() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for text in blocks:
        assert check(parse_document(text), now=datetime(2026, 11, 26, tzinfo=UTC)) == ()


def test_every_command_is_on_the_page_and_there_is_no_other() -> None:
    named = set(re.findall(r"dayfly (policy [a-z]+)", PAGE))
    assert named == {name for name in COMMANDS if name.startswith("policy ")}
