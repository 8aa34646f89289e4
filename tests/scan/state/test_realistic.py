"""Handlers as people write them: none of the honest ones is accused, each faulty one is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scan.state.test_samples import scan

SAMPLES = Path(__file__).parent / "samples"


def read_handlers(name: str) -> list[tuple[str, str]]:
    """Titles and texts of a file of handlers, each of which `@@` begins."""
    text = (SAMPLES / name).read_text(encoding="utf-8")
    parts = (part.partition("\n") for part in text.split("@@ ") if part.strip())
    return [(title.strip(), body) for title, _, body in parts]


SAFE = read_handlers("realistic-safe.handlers")
UNSAFE = read_handlers("realistic-unsafe.handlers")


def test_there_are_many() -> None:
    assert len(SAFE) >= 50
    assert len(UNSAFE) >= 40


@pytest.mark.parametrize(("title", "text"), SAFE, ids=[title for title, _ in SAFE])
def test_honest_handler_is_not_accused(title: str, text: str) -> None:
    assert not scan({"app.py": text}, with_engine=True), title


@pytest.mark.parametrize(
    ("word", "text"), UNSAFE, ids=[f"{word} {number}" for number, (word, _) in enumerate(UNSAFE)]
)
def test_faulty_handler_is_found(word: str, text: str) -> None:
    assert f"state.{word}" in {finding.check for finding in scan({"app.py": text}, with_engine=True)}
