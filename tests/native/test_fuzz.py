"""Every reader of hostile bytes takes its corpus without breaking a rule of the sanitizers; `make fuzz` looks for more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.native.fuzz import FOLDER, TARGETS, fuzz


def test_every_corpus_has_a_target() -> None:
    assert TARGETS
    assert sorted(path.name for path in (FOLDER / "corpus").iterdir()) == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_is_read(target: str, tmp_path: Path) -> None:
    done = fuzz(target, seconds=0, seed=1, keep=tmp_path)
    assert done.returncode == 0, done.stderr
    assert " 0 edges" not in done.stdout
