"""The page of detections is what the rules' headers say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_detections_is_generated_from_the_rules() -> None:
    spec = importlib.util.spec_from_file_location("detections", ROOT / "scripts" / "detections.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.TARGET.read_text(encoding="utf-8") == module.render(), "run `make docs`"
