"""The pages of the scanner's checks are what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from dayfly.scan.checks import CHECKS

ROOT = Path(__file__).parents[2]


def test_pages_of_checks_are_generated_from_the_code() -> None:
    spec = importlib.util.spec_from_file_location("checks", ROOT / "scripts" / "checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    written = {path.name: path.read_text(encoding="utf-8") for path in module.TARGET.glob("*")}
    assert written == module.render(), "run `make docs`"


def test_every_check_has_a_page() -> None:
    assert len(CHECKS) > 20
    assert [one for one in CHECKS if not (ROOT / "docs" / "checks" / f"{one}.md").is_file()] == []
