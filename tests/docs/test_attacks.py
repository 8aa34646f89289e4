"""The page of attacks is what the catalogue says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from dayfly.lab.gauntlet.technique import load_techniques

ROOT = Path(__file__).parents[2]


def test_page_of_attacks_is_generated_from_the_catalogue() -> None:
    spec = importlib.util.spec_from_file_location("attacks", ROOT / "scripts" / "attacks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.TARGET.read_text(encoding="utf-8") == module.render(), "run `make docs`"


def test_every_technique_is_named_on_the_page() -> None:
    page = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    assert [one.name for one in load_techniques() if f"`{one.name}`" not in page] == []


def test_the_security_page_leads_to_it() -> None:
    assert "(attacks.md)" in (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
