"""The reference page is what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_reference_page_is_generated_from_the_code() -> None:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.TARGET.read_text(encoding="utf-8") == module.render(), "run `make docs`"


def test_every_setting_and_finding_is_named_on_the_page() -> None:
    from dayfly.core.findings import KINDS
    from dayfly.core.settings import SETTINGS

    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    names = [setting.variable for setting in SETTINGS] + [kind.uid for kind in KINDS]

    assert len(names) > 15
    assert [name for name in names if f"`{name}`" not in page] == []
